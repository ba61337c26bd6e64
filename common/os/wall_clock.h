#ifndef L275_COMMON_OS_WALL_CLOCK_H_
#define L275_COMMON_OS_WALL_CLOCK_H_

#include <chrono>
#include <cstdint>

namespace l275 {

// Seconds since 1970. May be set back and forth; for intervals use
// std::chrono::steady_clock.
inline uint64_t WallClock() {
  return static_cast<uint64_t>(
      std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()));
}

}  // namespace l275

#endif  // L275_COMMON_OS_WALL_CLOCK_H_
