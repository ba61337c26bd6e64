#include "common/event/signal_watch.h"

#include <utility>

namespace l275 {

SignalWatch::SignalWatch(event_base* base, int signal,
                         std::function<void()> callback)
    : event_(base, signal, EV_SIGNAL | EV_PERSIST, std::move(callback)) {
  event_.Start();
}

}  // namespace l275
