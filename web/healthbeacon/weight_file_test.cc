#include "web/healthbeacon/weight_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/event/libevent_ptr.h"
#include "common/testing/log_capture.h"
#include "common/testing/run_until.h"

namespace l275 {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class WeightFileTest : public ::testing::Test {
 protected:
  WeightFileTest() {
    std::string folder = ::testing::TempDir() + "/weight.XXXXXX";
    folder_ = mkdtemp(folder.data());
    path_ = folder_ + "/weight";
    Write("100\n");
  }

  void Write(const std::string& text) { std::ofstream(path_) << text; }

  void Replace(const std::string& text) {
    std::ofstream(path_ + ".new") << text;
    ASSERT_EQ(rename((path_ + ".new").c_str(), path_.c_str()), 0);
  }

  std::unique_ptr<WeightFile> Create() {
    auto file = WeightFile::Create(base_.get(), path_);
    EXPECT_TRUE(file.ok()) << file.status();
    return *std::move(file);
  }

  bool RunUntilWeight(const WeightFile& file, uint16_t weight) {
    return RunUntil(base_.get(), [&] { return file.weight() == weight; });
  }

  EventBasePtr base_{event_base_new()};
  LogCapture log_;
  std::string folder_;
  std::string path_;
};

TEST_F(WeightFileTest, FollowsWritesAndRenames) {
  const auto file = Create();
  EXPECT_EQ(file->weight(), 100);
  Write("50");
  EXPECT_TRUE(RunUntilWeight(*file, 50));
  Replace(" 75 \n");
  EXPECT_TRUE(RunUntilWeight(*file, 75));
  Replace("0");
  EXPECT_TRUE(RunUntilWeight(*file, 0));
  Replace("1000");
  EXPECT_TRUE(RunUntilWeight(*file, 1000));
}

TEST_F(WeightFileTest, FollowsALinkIntoAFolderThatIsReplaced) {
  // As Kubernetes mounts configuration: weight -> ..data/weight, ..data -> a/.
  for (const char* version : {"a", "b"}) {
    const std::string folder = absl::StrCat(folder_, "/", version);
    ASSERT_EQ(mkdir(folder.c_str(), 0755), 0);
    std::ofstream(folder + "/weight") << (*version == 'a' ? "10" : "20");
  }
  ASSERT_EQ(symlink("a", (folder_ + "/..data").c_str()), 0);
  ASSERT_EQ(unlink(path_.c_str()), 0);
  ASSERT_EQ(symlink("..data/weight", path_.c_str()), 0);
  const auto file = Create();
  EXPECT_EQ(file->weight(), 10);
  ASSERT_EQ(symlink("b", (folder_ + "/..new").c_str()), 0);
  ASSERT_EQ(rename((folder_ + "/..new").c_str(), (folder_ + "/..data").c_str()),
            0);
  EXPECT_TRUE(RunUntilWeight(*file, 20));
}

TEST_F(WeightFileTest, KeepsTheLastWeightAndSaysSoOnce) {
  const auto file = Create();
  Replace("lots");
  Replace("lots");
  RunPending(base_.get());
  EXPECT_EQ(file->weight(), 100);
  EXPECT_THAT(log_.Take(),
              ElementsAre(path_ + ": \"lots\" is no weight; expected 0 to 1000 "
                                  "(percent); the weight stays 100%"));
  ASSERT_EQ(unlink(path_.c_str()), 0);
  RunPending(base_.get());
  EXPECT_THAT(log_.Take(),
              ElementsAre("cannot read " + path_ +
                          ": No such file or directory; the weight stays "
                          "100%"));
  Write("30");
  EXPECT_TRUE(RunUntilWeight(*file, 30));
  EXPECT_THAT(log_.Take(), ElementsAre(HasSubstr("weight 30% (was 100%): ")));
  // And the same fault is news again.
  Replace("lots");
  RunPending(base_.get());
  EXPECT_THAT(log_.Take(), ElementsAre(HasSubstr("the weight stays 30%")));
}

TEST_F(WeightFileTest, OtherFilesOfTheFolderChangeNothing) {
  const auto file = Create();
  std::ofstream(folder_ + "/other") << "5";
  RunPending(base_.get());
  EXPECT_EQ(file->weight(), 100);
  EXPECT_THAT(log_.Take(), IsEmpty());
}

TEST_F(WeightFileTest, SaysThatItsFolderIsGone) {
  const auto file = Create();
  ASSERT_EQ(unlink(path_.c_str()), 0);
  ASSERT_EQ(rmdir(folder_.c_str()), 0);
  RunPending(base_.get());
  EXPECT_THAT(log_.Take(), ElementsAre(HasSubstr("SIGHUP tries again")));
  EXPECT_EQ(file->weight(), 100);
}

TEST_F(WeightFileTest, ItHasToBeGoodAtTheStart) {
  Write("1001");
  EXPECT_EQ(WeightFile::Create(base_.get(), path_).status().message(),
            path_ + ": \"1001\" is no weight; expected 0 to 1000 (percent)");
  EXPECT_EQ(WeightFile::Create(base_.get(), path_ + "9").status().message(),
            "cannot read " + path_ + "9: No such file or directory");
  EXPECT_EQ(WeightFile::Create(base_.get(), folder_).status().message(),
            "cannot read " + folder_ + ": Is a directory");
}

TEST_F(WeightFileTest, WhatNeverEndsIsNotRead) {
  EXPECT_THAT(
      std::string(
          WeightFile::Create(base_.get(), "/dev/zero").status().message()),
      HasSubstr("/dev/zero: \"\\000\\000"));
  ASSERT_EQ(mkfifo((folder_ + "/pipe").c_str(), 0600), 0);
  EXPECT_THAT(std::string(WeightFile::Create(base_.get(), folder_ + "/pipe")
                              .status()
                              .message()),
              HasSubstr("\"\" is no weight"));
}

TEST(ParseWeightTest, WrongOnes) {
  for (const char* text : {"", "-1", "1001", "10%", "1 2", "0x10", "5.5",
                           "99999999999999999999"}) {
    EXPECT_FALSE(ParseWeight(text).ok()) << text;
  }
  EXPECT_FALSE(ParseWeight("5" + std::string(100, ' ')).ok());
}

}  // namespace
}  // namespace l275
