#include "common/event/repeated_timer.h"

#include <gtest/gtest.h>

#include <optional>

#include "common/event/libevent_ptr.h"
#include "common/testing/run_until.h"
#include "common/testing/virtual_clock.h"

namespace l275 {
namespace {

using std::chrono::milliseconds;

class RepeatedTimerTest : public ::testing::Test {
 protected:
  void Pass(milliseconds time) {
    VirtualClock::Advance(time);
    RunPending(base_.get());
  }

  const VirtualClock clock_;  // before the loop, which then runs by it
  const EventBasePtr base_{event_base_new()};
  int calls_ = 0;
  std::optional<RepeatedTimer> timer_{std::in_place, base_.get(),
                                      milliseconds(250), [this] { ++calls_; }};
};

TEST_F(RepeatedTimerTest, CallsOnceEachPeriodUntilItIsDestroyed) {
  Pass(milliseconds(249));
  EXPECT_EQ(calls_, 0);
  Pass(milliseconds(1));
  EXPECT_EQ(calls_, 1);
  Pass(milliseconds(249));
  EXPECT_EQ(calls_, 1);
  Pass(milliseconds(1));
  EXPECT_EQ(calls_, 2);
  timer_.reset();
  Pass(milliseconds(1000));
  EXPECT_EQ(calls_, 2);
}

TEST_F(RepeatedTimerTest, CallsOnceForPeriodsInWhichTheLoopWasBusy) {
  Pass(milliseconds(1000));
  EXPECT_EQ(calls_, 1);
  Pass(milliseconds(250));
  EXPECT_EQ(calls_, 2);
}

TEST_F(RepeatedTimerTest, TheCallbackMayDestroyIt) {
  timer_.emplace(base_.get(), milliseconds(10), [this] {
    ++calls_;
    timer_.reset();
  });
  Pass(milliseconds(10));
  Pass(milliseconds(10));
  EXPECT_EQ(calls_, 1);
}

}  // namespace
}  // namespace l275
