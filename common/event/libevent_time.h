#ifndef L275_COMMON_EVENT_LIBEVENT_TIME_H_
#define L275_COMMON_EVENT_LIBEVENT_TIME_H_

#include <sys/time.h>

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace l275 {

// The delay of a timer that fires at `end`; 0 when that is over. Rounded up, so
// that the time has come when the timer fires.
inline timeval DelayUntil(std::chrono::steady_clock::time_point end) {
  const auto left = std::chrono::ceil<std::chrono::microseconds>(
      end - std::chrono::steady_clock::now());
  const int64_t us = std::max<int64_t>(0, left.count());
  return {us / 1'000'000, us % 1'000'000};
}

}  // namespace l275

#endif  // L275_COMMON_EVENT_LIBEVENT_TIME_H_
