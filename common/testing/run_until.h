#ifndef L275_COMMON_TESTING_RUN_UNTIL_H_
#define L275_COMMON_TESTING_RUN_UNTIL_H_

#include <event2/event.h>

#include <chrono>

#include "absl/functional/function_ref.h"
#include "common/event/timer.h"

namespace l275 {

// Runs the loop until the condition, looked at after each event, holds, or a
// minute has passed. Returns whether it holds.
inline bool RunUntil(event_base* base, absl::FunctionRef<bool()> condition) {
  bool expired = false;
  Timer deadline(base, [&expired] { expired = true; });
  deadline.Start(std::chrono::minutes(1));
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
