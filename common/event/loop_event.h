#ifndef L275_COMMON_EVENT_LOOP_EVENT_H_
#define L275_COMMON_EVENT_LOOP_EVENT_H_

#include <event2/event.h>

#include <chrono>
#include <functional>
#include <memory>

#include "common/event/libevent_ptr.h"

namespace l275 {

// An event of a libevent loop that calls a function. Timer, RepeatedTimer,
// FdWatch and SignalWatch are made of it; use those.
//
// The loop outlives it. All functions run on the loop's thread, and so does the
// callback. The callback may destroy this object: each call runs a copy of the
// callback. So a callback must not keep state of its own (`mutable`).
class LoopEvent {
 public:
  using Callback = std::function<void()>;

  // `descriptor` and `what` as for event_new(3). Starts nothing.
  LoopEvent(event_base* base, int descriptor, short what, Callback callback);

  // Waits for the descriptor or the signal.
  void Start();
  // Waits for this time, rounded up to a microsecond; a negative one counts as
  // 0. A delay that is running ends.
  void Start(std::chrono::nanoseconds delay);
  void Stop();
  bool IsRunning() const;

 private:
  void Add(const timeval* delay);

  std::unique_ptr<Callback> callback_;  // its address stays when this is moved
  EventPtr event_;                      // destroyed before callback_
};

}  // namespace l275

#endif  // L275_COMMON_EVENT_LOOP_EVENT_H_
