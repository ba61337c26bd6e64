#ifndef L275_COMMON_EVENT_SIGNAL_WATCH_H_
#define L275_COMMON_EVENT_SIGNAL_WATCH_H_

#include <event2/event.h>

#include <functional>

#include "common/event/loop_event.h"

namespace l275 {

// Calls a function from the event loop each time the process gets a signal,
// instead of what the signal would do otherwise. A signal that comes before the
// loop runs waits for it.
//
// Only one event loop of a process can watch signals. The loop outlives the
// watch. Runs on the loop's thread.
class SignalWatch {
 public:
  SignalWatch(event_base* base, int signal, std::function<void()> callback);

 private:
  LoopEvent event_;
};

}  // namespace l275

#endif  // L275_COMMON_EVENT_SIGNAL_WATCH_H_
