#include "common/os/write_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/os/read_file.h"

namespace l275 {
namespace {

using ::testing::HasSubstr;

TEST(WriteFileTest, ReplacesTheContentAndMakesTheFolder) {
  const std::string path = ::testing::TempDir() + "/folder/file";
  for (const std::string text : {"first, and longer", "second", ""}) {
    ASSERT_EQ(WriteFileAtomically(path, text), absl::OkStatus());
    EXPECT_EQ(*ReadFile(path), text);
  }
  struct stat file;
  ASSERT_EQ(stat(path.c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 07777, 0600u);
  EXPECT_NE(access((path + ".new").c_str(), F_OK), 0) << "left behind";
}

TEST(WriteFileTest, DurablyDoesTheSame) {
  const std::string path = ::testing::TempDir() + "/durable/file";
  for (const std::string text : {"first", "second"}) {
    ASSERT_EQ(WriteFileDurably(path, text), absl::OkStatus());
    EXPECT_EQ(*ReadFile(path), text);
  }
  EXPECT_NE(access((path + ".new").c_str(), F_OK), 0) << "left behind";
}

TEST(WriteFileTest, NamesWhatCannotBeWritten) {
  const std::string path = ::testing::TempDir() + "/no/such/folder";
  EXPECT_THAT(std::string(WriteFileAtomically(path, "").message()),
              HasSubstr("/no/such/folder.new): No such file or directory"));
}

TEST(WriteFileTest, AFailureLeavesNothingBeside) {
  const std::string path = ::testing::TempDir() + "/a_folder";
  ASSERT_EQ(mkdir(path.c_str(), 0755), 0);
  EXPECT_THAT(std::string(WriteFileAtomically(path, "").message()),
              HasSubstr("Is a directory"));
  EXPECT_NE(access((path + ".new").c_str(), F_OK), 0) << "left behind";
}

TEST(WriteFileTest, AFailureLeavesTheOldContent) {
  const std::string path = ::testing::TempDir() + "/kept";
  ASSERT_EQ(WriteFileAtomically(path, "old"), absl::OkStatus());
  ASSERT_EQ(mkdir((path + ".new").c_str(), 0755), 0);
  EXPECT_THAT(std::string(WriteFileAtomically(path, "new").message()),
              HasSubstr("Is a directory"));
  EXPECT_EQ(*ReadFile(path), "old");
}

}  // namespace
}  // namespace l275
