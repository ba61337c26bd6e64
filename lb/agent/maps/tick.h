#ifndef L275_LB_AGENT_MAPS_TICK_H_
#define L275_LB_AGENT_MAPS_TICK_H_

#include <chrono>
#include <cstdint>

#include "common/abi/map_layout.h"

namespace l275 {

// The program's coarse time (common/abi/map_layout.h) of a time of the steady
// clock: both count CLOCK_MONOTONIC.
inline uint32_t TickOf(std::chrono::steady_clock::time_point time) {
  return static_cast<uint32_t>(
      std::chrono::nanoseconds(time.time_since_epoch()).count() >>
      L275_TICK_SHIFT);
}

// Ticks that make up at least so many seconds.
inline uint32_t TicksOf(std::chrono::seconds duration) {
  const auto tick = std::chrono::nanoseconds(1LL << L275_TICK_SHIFT);
  return static_cast<uint32_t>((duration + tick - std::chrono::nanoseconds(1)) /
                               tick);
}

}  // namespace l275

#endif  // L275_LB_AGENT_MAPS_TICK_H_
