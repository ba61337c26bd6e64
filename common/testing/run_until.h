#ifndef L275_COMMON_TESTING_RUN_UNTIL_H_
#define L275_COMMON_TESTING_RUN_UNTIL_H_

#include <event2/event.h>
#include <sys/time.h>

#include "absl/functional/function_ref.h"
#include "common/event/libevent_ptr.h"

namespace l275 {

// Runs the loop until the condition, looked at after each event, holds, or a
// minute has passed. Returns whether it holds.
inline bool RunUntil(event_base* base, absl::FunctionRef<bool()> condition) {
  constexpr timeval kDeadline = {60, 0};
  bool expired = false;
  const EventPtr deadline(evtimer_new(
      base,
      [](evutil_socket_t, short, void* flag) {
        *static_cast<bool*>(flag) = true;
      },
      &expired));
  evtimer_add(deadline.get(), &kDeadline);
  while (!condition() && !expired) event_base_loop(base, EVLOOP_ONCE);
  return condition();
}

// Lets the loop handle what is there to be handled now.
inline void RunPending(event_base* base) {
  while (event_base_loop(base, EVLOOP_NONBLOCK) == 0 &&
         event_base_get_num_events(base, EVENT_BASE_COUNT_ACTIVE) > 0) {
  }
}

}  // namespace l275

#endif  // L275_COMMON_TESTING_RUN_UNTIL_H_
