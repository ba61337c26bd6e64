#include "web/healthbeacon/flag_file.h"

#include <gflags/gflags.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>

DEFINE_int32(test_port, 80, "");
DEFINE_string(test_name, "none", "");
DEFINE_bool(test_loud, false, "");

namespace l275 {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;

constexpr char kThisFile[] = "web/healthbeacon/flag_file_test.cc";

class FlagFileTest : public ::testing::Test {
 protected:
  FlagFileTest() {
    std::string folder = ::testing::TempDir() + "/flags.XXXXXX";
    path_ = std::string(mkdtemp(folder.data())) + "/flags";
  }

  void Write(const std::string& text) { std::ofstream(path_) << text; }

  std::string ErrorOf(const std::string& text) {
    Write(text);
    return std::string(
        ExpandFlagFiles({"--flagfile=" + path_}).status().message());
  }

  std::string path_;
};

TEST_F(FlagFileTest, TakesThePlaceOfItsArgument) {
  Write("# comment\n\n  --b=2 \n-c\n");
  const auto one = ExpandFlagFiles({"--a", "--flagfile=" + path_, "--d"});
  ASSERT_TRUE(one.ok()) << one.status();
  EXPECT_THAT(*one, ElementsAre("--a", "--b=2", "-c", "--d"));
  const auto two = ExpandFlagFiles({"-flagfile", path_, "--d"});
  ASSERT_TRUE(two.ok()) << two.status();
  EXPECT_THAT(*two, ElementsAre("--b=2", "-c", "--d"));
}

TEST_F(FlagFileTest, NamesTheLineThatIsNoFlag) {
  EXPECT_THAT(ErrorOf("--b=2\nb=3\n"),
              EndsWith("/flags:2: \"b=3\"; expected a flag like --weight=50, "
                       "or # and a comment"));
  EXPECT_THAT(ErrorOf("--\n"), EndsWith(":1: \"--\"; expected a flag like "
                                        "--weight=50, or # and a comment"));
  EXPECT_THAT(ErrorOf("--flagfile=x"), ::testing::HasSubstr(":1: "));
}

TEST_F(FlagFileTest, NamesTheFileThatIsMissing) {
  EXPECT_EQ(ExpandFlagFiles({"--flagfile=/nonexistent"}).status().message(),
            "--flagfile: cannot read /nonexistent: No such file or directory");
  EXPECT_EQ(ExpandFlagFiles({"--flagfile"}).status().message(),
            "--flagfile: expected a path");
}

TEST_F(FlagFileTest, SetsWhatIsSaidAndTheRestToDefaults) {
  ASSERT_TRUE(SetFlags(kThisFile,
                       {"--test_port", "81", "--test_loud", "--test_name=a b"})
                  .ok());
  EXPECT_EQ(FLAGS_test_port, 81);
  EXPECT_EQ(FLAGS_test_name, "a b");
  EXPECT_TRUE(FLAGS_test_loud);
  ASSERT_TRUE(SetFlags(kThisFile, {"--test_port=82", "--notest_loud"}).ok());
  EXPECT_EQ(FLAGS_test_port, 82);
  EXPECT_EQ(FLAGS_test_name, "none");
  EXPECT_FALSE(FLAGS_test_loud);
}

TEST_F(FlagFileTest, QuotesTheFlagThatIsWrong) {
  EXPECT_EQ(SetFlags(kThisFile, {"--test_port=http"}).message(),
            "\"--test_port=http\" is no flag, or its value is wrong");
  EXPECT_EQ(SetFlags(kThisFile, {"--nothing=1"}).message(),
            "\"--nothing=1\" is no flag, or its value is wrong");
  EXPECT_EQ(SetFlags(kThisFile, {"loud"}).message(),
            "\"loud\" is no flag, or its value is wrong");
}

}  // namespace
}  // namespace l275
