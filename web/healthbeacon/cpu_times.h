#ifndef L275_WEB_HEALTHBEACON_CPU_TIMES_H_
#define L275_WEB_HEALTHBEACON_CPU_TIMES_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace l275 {

// What all CPUs of the host did since it was booted, in clock ticks.
struct CpuTimes {
  uint64_t busy = 0;
  uint64_t idle = 0;

  // The first line of /proc/stat, see proc(5). Idle is idle and iowait; what
  // the hypervisor stole counts as busy: it is not to be had either.
  // InvalidArgument: it is not as expected.
  static absl::StatusOr<CpuTimes> Parse(absl::string_view stat);

  // From /proc/stat.
  static absl::StatusOr<CpuTimes> Read();

  // The part of the time since `before` that was busy, 0 to 1; 0 when none
  // passed.
  double BusySince(const CpuTimes& before) const;
};

}  // namespace l275

#endif  // L275_WEB_HEALTHBEACON_CPU_TIMES_H_
