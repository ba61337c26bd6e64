#ifndef L275_LB_AGENT_MAPS_PINNED_MAP_H_
#define L275_LB_AGENT_MAPS_PINNED_MAP_H_

#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/abi/map_layout.h"
#include "common/os/unique_fd.h"

namespace l275 {

// Where a map is pinned in a folder.
std::string PinPathOf(const std::string& folder, const bpf_map* map);

// Opens a pinned map. FailedPrecondition: it is missing.
absl::StatusOr<UniqueFd> OpenPinnedMap(const std::string& path);

// What the kernel says of a map; `name` is for the error.
absl::StatusOr<bpf_map_info> MapInfoOf(int fd, const std::string& name);

// Makes the map of an object that is not loaded the one that is pinned in the
// folder. FailedPrecondition: it is missing, or not of the same type, sizes and
// number of entries.
absl::Status ReusePinnedMap(const std::string& folder, bpf_map* map);

bool IsPinned(const std::string& folder, const bpf_map* map);

// For per-CPU counters, in the kernel and not pinned, that an earlier version
// has under another name and with fewer entries: copies what was counted, and
// pins the map. The earlier one stays as it is: an agent of that version can
// take over as well. What the program of that version goes on to count is not
// copied. FailedPrecondition: there is no earlier map, or it is of another
// shape.
absl::Status PinInsteadOf(const std::string& folder, const char* earlier,
                          const bpf_map* map);

// Nanoseconds of CLOCK_BOOTTIME, which no setting of the clock changes.
uint64_t BootTimeNs();

// What maps pinned in a folder are like. NotFound: there is no such folder.
// FailedPrecondition: they are of another version than this agent's.
absl::StatusOr<l275_layout> ReadPinnedLayout(const std::string& folder);

}  // namespace l275

#endif  // L275_LB_AGENT_MAPS_PINNED_MAP_H_
