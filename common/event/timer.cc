#include "common/event/timer.h"

#include <utility>

namespace l275 {

Timer::Timer(event_base* base, std::function<void()> callback)
    : event_(base, -1, 0, std::move(callback)) {}

void Timer::StartAt(std::chrono::steady_clock::time_point time) {
  Start(time - std::chrono::steady_clock::now());
}

}  // namespace l275
