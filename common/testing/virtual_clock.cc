#include "common/testing/virtual_clock.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <ctime>

#include "common/abi/map_layout.h"

namespace l275 {
namespace {

bool stopped = false;
int64_t stopped_at_ns = 0;

constexpr int64_t kSecond = 1'000'000'000;
// The same each time, for tests to do the same each time.
constexpr int64_t kStart = int64_t{1} << 42;

int KernelTime(clockid_t clock, timespec* time) {
  return static_cast<int>(syscall(SYS_clock_gettime, clock, time));
}

int GetTime(clockid_t clock, timespec* time) {
  const bool monotonic =
      clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_COARSE;
  if (!stopped || !monotonic) return KernelTime(clock, time);
  *time = {stopped_at_ns / kSecond, stopped_at_ns % kSecond};
  return 0;
}

}  // namespace

VirtualClock::VirtualClock() {
  stopped_at_ns = kStart;
  stopped = true;
}

VirtualClock::~VirtualClock() { stopped = false; }

void VirtualClock::Advance(std::chrono::nanoseconds time) {
  stopped_at_ns += time.count();
}

uint32_t VirtualClock::KernelTick() {
  timespec time = {};
  KernelTime(CLOCK_MONOTONIC_COARSE, &time);
  return static_cast<uint32_t>((time.tv_sec * kSecond + time.tv_nsec) >>
                               L275_TICK_SHIFT);
}

}  // namespace l275

// In place of the C library's.
extern "C" int clock_gettime(clockid_t clock, timespec* time) noexcept {
  return l275::GetTime(clock, time);
}
