#ifndef L275_COMMON_EVENT_REPEATED_TIMER_H_
#define L275_COMMON_EVENT_REPEATED_TIMER_H_

#include <event2/event.h>

#include <chrono>
#include <functional>

#include "common/event/loop_event.h"

namespace l275 {

// Calls a function from the event loop once every `period`, for the first time
// after one period, until it is destroyed. If the loop was busy for several
// periods, one call stands for all of them.
//
// The callback may destroy the timer. The loop outlives it. Runs on the loop's
// thread.
class RepeatedTimer {
 public:
  RepeatedTimer(event_base* base, std::chrono::nanoseconds period,
                std::function<void()> callback);

 private:
  LoopEvent event_;
};

}  // namespace l275

#endif  // L275_COMMON_EVENT_REPEATED_TIMER_H_
