#include "common/event/loop_event.h"

#include <glog/logging.h>
#include <sys/time.h>

#include <algorithm>
#include <utility>

namespace l275 {
namespace {

using std::chrono::microseconds;

void Call(evutil_socket_t, short, void* callback) {
  const LoopEvent::Callback copy = *static_cast<LoopEvent::Callback*>(callback);
  copy();
}

}  // namespace

LoopEvent::LoopEvent(event_base* base, int descriptor, short what,
                     Callback callback)
    : callback_(std::make_unique<Callback>(std::move(callback))),
      event_(event_new(base, descriptor, what, Call, callback_.get())) {
  CHECK(event_ != nullptr) << "event_new(" << descriptor << ") failed";
}

void LoopEvent::Start() { Add(nullptr); }

void LoopEvent::Start(std::chrono::nanoseconds delay) {
  const auto us =
      std::max(std::chrono::ceil<microseconds>(delay), microseconds(0)).count();
  const timeval value = {us / 1'000'000, us % 1'000'000};
  Add(&value);
}

void LoopEvent::Stop() { event_del(event_.get()); }

bool LoopEvent::IsRunning() const {
  constexpr short kAny = EV_TIMEOUT | EV_READ | EV_WRITE | EV_SIGNAL;
  return event_pending(event_.get(), kAny, nullptr) != 0;
}

void LoopEvent::Add(const timeval* delay) {
  CHECK_EQ(event_add(event_.get(), delay), 0)
      << "event_add(" << event_get_fd(event_.get()) << ") failed";
}

}  // namespace l275
