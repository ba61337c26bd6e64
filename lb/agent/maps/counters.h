#ifndef L275_LB_AGENT_MAPS_COUNTERS_H_
#define L275_LB_AGENT_MAPS_COUNTERS_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/abi/map_layout.h"

namespace l275 {

// The per-CPU counters that the XDP program writes, summed over CPUs.

// How many values the kernel has of each: at least 1.
int PossibleCpus();

// Those at `indices` of the map `fd`, in their order. Errors name the index.
absl::StatusOr<std::vector<l275_counter>> ReadCounters(
    int fd, absl::Span<const uint32_t> indices);

// The plain per-CPU counter of 8 bytes at `index`, summed.
absl::StatusOr<uint64_t> ReadSum(int fd, uint32_t index);

// Sets one to zero: before its index is used for something new, while the
// program does not know of it.
void ClearCounter(int fd, uint32_t index);

}  // namespace l275

#endif  // L275_LB_AGENT_MAPS_COUNTERS_H_
