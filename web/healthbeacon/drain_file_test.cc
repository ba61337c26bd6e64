#include "web/healthbeacon/drain_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "common/testing/log_capture.h"

namespace l275 {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class DrainFileTest : public ::testing::Test {
 protected:
  DrainFileTest() {
    std::string folder = ::testing::TempDir() + "/drain.XXXXXX";
    path_ = std::string(mkdtemp(folder.data())) + "/drain";
  }

  std::string path_;
  LogCapture log_;
};

TEST_F(DrainFileTest, IsThereFromWriteToRemove) {
  const DrainFile file(path_);
  EXPECT_FALSE(file.Exists());
  file.Remove();
  file.Write();
  EXPECT_TRUE(DrainFile(path_).Exists());
  file.Remove();
  EXPECT_FALSE(file.Exists());
  EXPECT_THAT(log_.Take(), IsEmpty());
}

TEST_F(DrainFileTest, IsVoidAfterAReboot) {
  std::ofstream(path_) << "00000000-0000-4000-8000-000000000000\n";
  EXPECT_FALSE(DrainFile(path_).Exists());
}

TEST_F(DrainFileTest, WarnsOfWhatCannotBeWritten) {
  const DrainFile file("/proc/drain");
  file.Write();
  EXPECT_THAT(log_.Take(),
              ElementsAre(HasSubstr("a restart will end the drain: ")));
}

}  // namespace
}  // namespace l275
