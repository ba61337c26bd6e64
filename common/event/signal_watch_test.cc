#include "common/event/signal_watch.h"

#include <gtest/gtest.h>

#include <csignal>

#include "common/event/libevent_ptr.h"
#include "common/testing/run_until.h"

namespace l275 {
namespace {

TEST(SignalWatchTest, CallsForEachOfItsSignals) {
  const EventBasePtr base(event_base_new());
  int first = 0;
  int second = 0;
  const SignalWatch watches[] = {
      {base.get(), SIGUSR1, [&first] { ++first; }},
      {base.get(), SIGUSR2, [&second] { ++second; }},
  };
  raise(SIGUSR1);  // before the loop runs
  EXPECT_TRUE(RunUntil(base.get(), [&] { return first == 1; }));
  raise(SIGUSR1);
  EXPECT_TRUE(RunUntil(base.get(), [&] { return first == 2; }));
  EXPECT_EQ(second, 0);
  raise(SIGUSR2);
  EXPECT_TRUE(RunUntil(base.get(), [&] { return second == 1; }));
  EXPECT_EQ(first, 2);
}

TEST(SignalWatchTest, TheSignalDoesAfterwardsWhatItDidBefore) {
  const EventBasePtr base(event_base_new());
  ASSERT_NE(std::signal(SIGUSR1, SIG_IGN), SIG_ERR);
  int calls = 0;
  {
    const SignalWatch watch(base.get(), SIGUSR1, [&calls] { ++calls; });
    raise(SIGUSR1);
    EXPECT_TRUE(RunUntil(base.get(), [&] { return calls == 1; }));
  }
  EXPECT_EQ(std::signal(SIGUSR1, SIG_DFL), SIG_IGN);
}

}  // namespace
}  // namespace l275
