#include "common/event/limited_loop_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/event/libevent_ptr.h"
#include "common/testing/log_capture.h"
#include "common/testing/run_until.h"

namespace l275 {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class LimitedLoopLogTest : public ::testing::Test {
 protected:
  void LogLines(int count, LimitedLoopLog* log) {
    for (int i = 0; i < count; ++i) log->Log("flip");
  }

  const EventBasePtr base_{event_base_new()};
  LogCapture captured_;
};

TEST_F(LimitedLoopLogTest, ReportsTheRestThoughNoFurtherLineComes) {
  LimitedLoopLog log(base_.get(), "flips", google::GLOG_INFO, 3,
                     std::chrono::seconds(1));
  LogLines(8, &log);
  EXPECT_THAT(captured_.Take(), SizeIs(3));
  std::vector<std::string> lines;
  EXPECT_TRUE(RunUntil(base_.get(), [&] {
    if (lines.empty()) lines = captured_.Take();
    return !lines.empty();
  }));
  EXPECT_THAT(lines, ElementsAre("5 more flips are not logged: at most 3 are "
                                 "in a second"));
  LogLines(1, &log);
  EXPECT_THAT(captured_.Take(), ElementsAre("flip"));
}

TEST_F(LimitedLoopLogTest, LeavesNoTimerPendingWhileNothingIsLeftOut) {
  LimitedLoopLog log(base_.get(), "flips");
  LogLines(LimitedLoopLog::kLines, &log);
  EXPECT_THAT(captured_.Take(), SizeIs(LimitedLoopLog::kLines));
  // Returns 1 when no event is pending.
  EXPECT_EQ(event_base_loop(base_.get(), EVLOOP_NONBLOCK), 1);
  LogLines(1, &log);
  EXPECT_THAT(captured_.Take(), IsEmpty());
  EXPECT_EQ(event_base_loop(base_.get(), EVLOOP_NONBLOCK), 0);
}

}  // namespace
}  // namespace l275
