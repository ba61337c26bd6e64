#include "common/event/limited_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "common/testing/log_capture.h"

namespace l275 {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kLeftOut[] =
    "5 more flips are not logged: at most 10 are in a second";

LimitedLog::TimePoint At(int ms) {
  return LimitedLog::TimePoint(std::chrono::hours(1)) + milliseconds(ms);
}

class LimitedLogTest : public ::testing::Test {
 protected:
  void LogLines(int count, LimitedLog::TimePoint now) {
    for (int i = 0; i < count; ++i) lines_.Log("flip", now);
  }

  LimitedLog lines_{"flips"};
  LogCapture log_;
};

TEST_F(LimitedLogTest, TenLinesASecondPass) {
  for (int second = 0; second < 3; ++second) {
    LogLines(10, At(1000 * second));
    EXPECT_THAT(log_.Take(), SizeIs(10));
  }
  lines_.Tick(At(9000));
  EXPECT_THAT(log_.Take(), IsEmpty());
}

TEST_F(LimitedLogTest, TheRestIsCountedAndToldOnce) {
  LogLines(9, At(0));
  LogLines(6, At(999));
  EXPECT_THAT(log_.Take(), SizeIs(10));
  lines_.Tick(At(999));
  EXPECT_THAT(log_.Take(), IsEmpty());
  lines_.Tick(At(1000));
  EXPECT_THAT(log_.Take(), ElementsAre(kLeftOut));
  lines_.Tick(At(3000));
  EXPECT_THAT(log_.Take(), IsEmpty());
}

TEST_F(LimitedLogTest, TheLimitIsTheCallers) {
  LimitedLog lines("flips", 3);
  for (int i = 0; i < 5; ++i) lines.Log("flip", At(0));
  EXPECT_THAT(log_.Take(), SizeIs(3));
  lines.Tick(At(1000));
  EXPECT_THAT(log_.Take(),
              ElementsAre("2 more flips are not logged: at most 3 are in a "
                          "second"));
}

TEST_F(LimitedLogTest, TheWindowIsTheCallers) {
  LimitedLog lines("flips", 1, google::GLOG_INFO, std::chrono::seconds(60));
  for (int ms = 0; ms < 60'000; ms += 1000) lines.Log("flip", At(ms));
  EXPECT_THAT(log_.Take(), SizeIs(1));
  lines.Tick(At(60'000));
  EXPECT_THAT(log_.Take(),
              ElementsAre("59 more flips are not logged: at most 1 are in 60 "
                          "seconds"));
}

TEST_F(LimitedLogTest, MakesNoLineThatIsNotLogged) {
  int made = 0;
  for (int i = 0; i < 15; ++i) {
    lines_.LogLazily(
        [&made] {
          ++made;
          return std::string("flip");
        },
        At(0));
  }
  EXPECT_EQ(made, 10);
  EXPECT_THAT(log_.Take(), SizeIs(10));
  lines_.Tick(At(1000));
  EXPECT_THAT(log_.Take(), ElementsAre(kLeftOut));
}

TEST_F(LimitedLogTest, TheNextLineTellsToo) {
  LogLines(15, At(0));
  log_.Take();
  lines_.Log("after", At(5000));
  EXPECT_THAT(log_.Take(), ElementsAre(kLeftOut, "after"));
}

}  // namespace
}  // namespace l275
