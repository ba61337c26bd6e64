#include "lb/cli/command_line.h"

#include <gflags/gflags.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

DEFINE_string(text, "default", "a text");
DEFINE_string(f, "", "a file");
DEFINE_bool(all, false, "a boolean");
DEFINE_uint32(size, 7, "a number");

namespace l275 {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class CommandLineTest : public ::testing::Test {
 protected:
  static absl::StatusOr<CommandLine> Parse(
      const std::vector<std::string>& arguments) {
    return ParseCommandLine(arguments, {"text", "f", "all", "size"});
  }

 private:
  gflags::FlagSaver saver_;  // restores the flags after each test
};

TEST_F(CommandLineTest, TakesFlagsAnywhereAmongTheWords) {
  const absl::StatusOr<CommandLine> line =
      Parse({"--text=a=b", "service", "-f", "-", "add", "--size", "3", "x"});
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_THAT(line->words, ElementsAre("service", "add", "x"));
  EXPECT_THAT(line->flags, UnorderedElementsAre("text", "f", "size"));
  EXPECT_FALSE(line->help);
  EXPECT_EQ(FLAGS_text, "a=b");
  EXPECT_EQ(FLAGS_f, "-");
  EXPECT_EQ(FLAGS_size, 3u);
}

TEST_F(CommandLineTest, BooleansTakeNoFurtherArgument) {
  ASSERT_TRUE(Parse({"--all", "word"}).ok());
  EXPECT_TRUE(FLAGS_all);
  ASSERT_TRUE(Parse({"--noall"}).ok());
  EXPECT_FALSE(FLAGS_all);
  ASSERT_TRUE(Parse({"--all=true"}).ok());
  EXPECT_TRUE(FLAGS_all);
}

TEST_F(CommandLineTest, TwoDashesEndTheFlags) {
  const absl::StatusOr<CommandLine> line = Parse({"a", "--", "--all", "--"});
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_THAT(line->words, ElementsAre("a", "--all", "--"));
  EXPECT_FALSE(FLAGS_all);
}

TEST_F(CommandLineTest, AskingForHelpOrVersionIsNoFlagOfACommand) {
  for (const char* help : {"-h", "-help", "--help"}) {
    const absl::StatusOr<CommandLine> line = Parse({"status", help});
    ASSERT_TRUE(line.ok()) << line.status();
    EXPECT_TRUE(line->help);
    EXPECT_THAT(line->flags, IsEmpty());
  }
  EXPECT_TRUE(Parse({"--version"})->version);
}

TEST_F(CommandLineTest, NamesTheFlagThatIsWrong) {
  const struct {
    const char* description;
    std::vector<std::string> arguments;
    const char* error;
  } kRows[] = {
      {"unknown", {"--txt=1"}, "unknown flag --txt; see lbctl --help"},
      {"unknown without a value",
       {"--txt", "1"},
       "unknown flag --txt; see lbctl --help"},
      {"unknown, last", {"-x"}, "unknown flag -x; see lbctl --help"},
      {"defined by gflags, not offered",
       {"--flagfile=/etc/passwd"},
       "unknown flag --flagfile; see lbctl --help"},
      {"no value at the end", {"a", "-f"}, "flag -f needs a value"},
      {"an empty value", {"--text="}, "flag --text needs a value"},
      {"given twice", {"--size=1", "-size=1"}, "flag --size is given twice"},
      {"no number", {"--size=big"}, "flag --size: \"big\" is no uint32"},
      {"negative", {"--size=-1"}, "flag --size: \"-1\" is no uint32"},
      {"over 32 bits",
       {"--size=4294967296"},
       "flag --size: \"4294967296\" is no uint32"},
      {"no boolean", {"--all=maybe"}, "flag --all: \"maybe\" is no bool"},
      {"\"no\" before what is no boolean",
       {"--notext"},
       "unknown flag --notext; see lbctl --help"},
  };
  for (const auto& row : kRows) {
    const absl::StatusOr<CommandLine> line = Parse(row.arguments);
    ASSERT_FALSE(line.ok()) << row.description;
    EXPECT_EQ(std::string(line.status().message()), row.error)
        << row.description;
  }
}

}  // namespace
}  // namespace l275
