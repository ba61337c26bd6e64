#include "common/event/fd_watch.h"

#include <utility>

namespace l275 {

FdWatch::FdWatch(event_base* base, int fd, Event event,
                 std::function<void()> callback)
    : event_(base, fd, static_cast<short>(event | EV_PERSIST),
             std::move(callback)) {
  Enable();
}

}  // namespace l275
