#include "common/event/libevent_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/event/libevent_ptr.h"
#include "common/testing/log_capture.h"

namespace l275 {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;
using ::testing::StartsWith;

// A loop within the loop is what libevent warns of.
void CauseWarnings(int count) {
  const EventBasePtr base(event_base_new());
  for (int i = 0; i < count; ++i) {
    event_base_once(
        base.get(), -1, EV_TIMEOUT,
        [](evutil_socket_t, short, void* loop) {
          event_base_loop(static_cast<event_base*>(loop), EVLOOP_NONBLOCK);
        },
        base.get(), nullptr);
  }
  event_base_dispatch(base.get());
}

// One test: the limit is the process's.
TEST(LibeventLogTest, WarningsReachTheLogTenInAMinute) {
  RouteLibeventLog();
  LogCapture log;
  CauseWarnings(1);
  EXPECT_THAT(log.Take(),
              ElementsAre(StartsWith("libevent: event_base_loop: reentrant")));
  CauseWarnings(100);
  EXPECT_THAT(log.Take(), SizeIs(9));
}

}  // namespace
}  // namespace l275
