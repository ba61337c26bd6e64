#ifndef L275_COMMON_TESTING_VIRTUAL_CLOCK_H_
#define L275_COMMON_TESTING_VIRTUAL_CLOCK_H_

#include <chrono>
#include <cstdint>

namespace l275 {

// Stops the process's monotonic clock, and moves it on by hand: for
// std::chrono::steady_clock, and for the timers of event loops that begin while
// it lives. The kernel's clock, which the XDP program reads, goes on.
//
// By a clock_gettime() that comes before the C library's. One at a time.
class VirtualClock {
 public:
  VirtualClock();
  ~VirtualClock();
  VirtualClock(const VirtualClock&) = delete;
  VirtualClock& operator=(const VirtualClock&) = delete;

  static void Advance(std::chrono::nanoseconds time);

  // The program's tick (common/abi/map_layout.h) of now.
  static uint32_t KernelTick();
};

}  // namespace l275

#endif  // L275_COMMON_TESTING_VIRTUAL_CLOCK_H_
