#include "common/event/timer.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <utility>

#include "common/event/libevent_ptr.h"
#include "common/testing/run_until.h"
#include "common/testing/virtual_clock.h"

namespace l275 {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::steady_clock;

class TimerTest : public ::testing::Test {
 protected:
  // Lets time pass, and then the loop call what is due.
  void Pass(nanoseconds time) {
    VirtualClock::Advance(time);
    RunPending(base_.get());
  }

  const VirtualClock clock_;  // before the loop, which then runs by it
  const EventBasePtr base_{event_base_new()};
  int calls_ = 0;
  Timer timer_{base_.get(), [this] { ++calls_; }};
};

TEST_F(TimerTest, CallsOnceAfterTheDelay) {
  EXPECT_FALSE(timer_.IsRunning());
  timer_.Start(milliseconds(10));
  Pass(milliseconds(9));
  EXPECT_EQ(calls_, 0);
  EXPECT_TRUE(timer_.IsRunning());
  Pass(milliseconds(1));
  EXPECT_EQ(calls_, 1);
  EXPECT_FALSE(timer_.IsRunning());
  Pass(hours(1));
  EXPECT_EQ(calls_, 1);
}

TEST_F(TimerTest, AnotherStartReplacesTheDelay) {
  timer_.Start(milliseconds(10));
  Pass(milliseconds(9));
  timer_.Start(milliseconds(10));
  Pass(milliseconds(9));
  EXPECT_EQ(calls_, 0);
  Pass(milliseconds(1));
  EXPECT_EQ(calls_, 1);
}

TEST_F(TimerTest, DoesNotCallAfterStop) {
  timer_.Stop();
  timer_.Start(milliseconds(10));
  timer_.Stop();
  EXPECT_FALSE(timer_.IsRunning());
  Pass(hours(1));
  EXPECT_EQ(calls_, 0);
}

TEST_F(TimerTest, CallsOnTheNextTurnWhenTheTimeHasPassed) {
  timer_.StartAt(steady_clock::now() - hours(1));
  EXPECT_EQ(calls_, 0);
  Pass(nanoseconds(0));
  EXPECT_EQ(calls_, 1);
  timer_.Start(milliseconds(-1));
  EXPECT_EQ(calls_, 1);
  Pass(nanoseconds(0));
  EXPECT_EQ(calls_, 2);
}

TEST_F(TimerTest, RoundsUpToAMicrosecond) {
  timer_.StartAt(steady_clock::now() + nanoseconds(1500));
  Pass(nanoseconds(1500));
  EXPECT_EQ(calls_, 0);
  Pass(nanoseconds(500));
  EXPECT_EQ(calls_, 1);
}

TEST_F(TimerTest, TheCallbackMayStartItAgain) {
  std::optional<Timer> timer;
  bool running_in_call = true;
  timer.emplace(base_.get(), [&] {
    running_in_call = timer->IsRunning();
    if (++calls_ < 3) timer->Start(milliseconds(10));
  });
  timer->Start(milliseconds(10));
  for (const int calls : {1, 2, 3, 3}) {
    Pass(milliseconds(10));
    EXPECT_EQ(calls_, calls);
  }
  EXPECT_FALSE(running_in_call);
}

TEST_F(TimerTest, TheCallbackMayDestroyIt) {
  std::optional<Timer> timer;
  auto captured = std::make_shared<int>();
  const std::weak_ptr<int> seen = captured;
  timer.emplace(base_.get(), [&, captured = std::move(captured)] {
    timer.reset();
    if (!seen.expired()) ++calls_;
  });
  timer->Start(milliseconds(10));
  Pass(milliseconds(10));
  EXPECT_EQ(calls_, 1);
  EXPECT_TRUE(seen.expired());
}

TEST_F(TimerTest, RunsOnWhenItIsMoved) {
  timer_.Start(milliseconds(10));
  const Timer moved = std::move(timer_);
  Pass(milliseconds(10));
  EXPECT_EQ(calls_, 1);
}

TEST_F(TimerTest, DestroyingItStopsIt) {
  {
    Timer timer(base_.get(), [this] { ++calls_; });
    timer.Start(milliseconds(10));
  }
  Pass(hours(1));
  EXPECT_EQ(calls_, 0);
}

}  // namespace
}  // namespace l275
