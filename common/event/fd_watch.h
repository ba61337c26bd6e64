#ifndef L275_COMMON_EVENT_FD_WATCH_H_
#define L275_COMMON_EVENT_FD_WATCH_H_

#include <event2/event.h>

#include <functional>

#include "common/event/loop_event.h"

namespace l275 {

// Calls a function on each turn of the event loop on which a file descriptor is
// readable, or writable: again and again, until the callback has changed that
// or the watch is disabled or destroyed.
//
//   FdWatch readable(base, fd.get(), FdWatch::kReadable, [this] { Read(); });
//
// Does not own the descriptor, which must stay open while the watch exists.
// The callback may disable or destroy the watch. The loop outlives it. Runs on
// the loop's thread.
class FdWatch {
 public:
  enum Event : short { kReadable = EV_READ, kWritable = EV_WRITE };

  // Enabled from the start.
  FdWatch(event_base* base, int fd, Event event,
          std::function<void()> callback);

  void Enable() { event_.Start(); }
  void Disable() { event_.Stop(); }

 private:
  LoopEvent event_;
};

}  // namespace l275

#endif  // L275_COMMON_EVENT_FD_WATCH_H_
