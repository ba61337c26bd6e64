#ifndef L275_COMMON_EVENT_TIMER_H_
#define L275_COMMON_EVENT_TIMER_H_

#include <event2/event.h>

#include <chrono>
#include <functional>

#include "common/event/loop_event.h"

namespace l275 {

// Calls a function once, after a delay, from the event loop:
//
//   Timer timer(base, [this] { OnTimeout(); });
//   timer.Start(std::chrono::milliseconds(500));
//
// The loop's clock moves in steps of some milliseconds, so the call can come
// that much early or late. The callback may start the timer again, or destroy
// it. Must not be used after the loop is gone. Runs on the loop's thread.
class Timer {
 public:
  Timer(event_base* base, std::function<void()> callback);

  // The call comes after `delay`; at the earliest on the loop's next turn. A
  // delay that is running is replaced.
  void Start(std::chrono::nanoseconds delay) { event_.Start(delay); }
  // The same for a point in time, which may have passed.
  void StartAt(std::chrono::steady_clock::time_point time);
  void Stop() { event_.Stop(); }
  // From Start() until the call or Stop(). Not during the call.
  bool IsRunning() const { return event_.IsRunning(); }

 private:
  LoopEvent event_;
};

}  // namespace l275

#endif  // L275_COMMON_EVENT_TIMER_H_
