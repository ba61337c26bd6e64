#include "common/event/repeated_timer.h"

#include <utility>

namespace l275 {

RepeatedTimer::RepeatedTimer(event_base* base, std::chrono::nanoseconds period,
                             std::function<void()> callback)
    : event_(base, -1, EV_PERSIST, std::move(callback)) {
  event_.Start(period);
}

}  // namespace l275
