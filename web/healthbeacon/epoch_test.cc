#include "web/healthbeacon/epoch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "common/os/read_file.h"
#include "common/testing/log_capture.h"

namespace l275 {
namespace {

using std::chrono::microseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Clock = std::chrono::system_clock;

class EpochTest : public ::testing::Test {
 protected:
  EpochTest() {
    std::string folder = ::testing::TempDir() + "/epoch.XXXXXX";
    path_ = std::string(mkdtemp(folder.data())) + "/l275/epoch";
  }

  static Clock::time_point At(int64_t us) {
    return Clock::time_point(microseconds(us));
  }

  LogCapture log_;
  std::string path_;
};

TEST_F(EpochTest, IsTheClockAndGrowsWhateverTheClockDoes) {
  EXPECT_EQ(NextEpoch(path_, At(1000)), 1000u);
  EXPECT_EQ(NextEpoch(path_, At(2000)), 2000u);
  EXPECT_EQ(NextEpoch(path_, At(2000)), 2001u);
  EXPECT_EQ(NextEpoch(path_, At(5)), 2002u);
  EXPECT_EQ(NextEpoch(path_, At(5)), 2003u);
  EXPECT_EQ(NextEpoch(path_, At(3000)), 3000u);
  EXPECT_EQ(*ReadFile(path_), "3000\n");
  EXPECT_THAT(log_.Take(), IsEmpty());
}

TEST_F(EpochTest, AFileOfJunkIsWrittenAnew) {
  NextEpoch(path_, At(1));
  for (const char* junk : {"", "x", "18446744073709551615", "-3", "1 2"}) {
    std::ofstream(path_) << junk;
    EXPECT_EQ(NextEpoch(path_, At(7)), 7u) << junk;
    EXPECT_THAT(log_.Take(), ElementsAre(HasSubstr("expected a number")));
    EXPECT_EQ(*ReadFile(path_), "7\n");
  }
}

TEST_F(EpochTest, AFileThatCannotBeWrittenIsAWarning) {
  EXPECT_EQ(NextEpoch("/proc/epoch", At(9)), 9u);
  EXPECT_THAT(log_.Take(), ElementsAre(HasSubstr("--state_file: open(/proc/")));
}

}  // namespace
}  // namespace l275
