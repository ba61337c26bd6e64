#ifndef L275_LB_AGENT_DATAPLANE_STATIC_PLANE_H_
#define L275_LB_AGENT_DATAPLANE_STATIC_PLANE_H_

#include <chrono>
#include <string>

#include "absl/status/statusor.h"

namespace l275 {

// Whether the data plane that an agent pinned in a folder of a bpffs forwards
// without it: its maps are there, and its program is on every interface that it
// served. Returns for how long nobody has kept it.
//
// FailedPrecondition says what is missing. Needs CAP_BPF and CAP_NET_ADMIN, in
// the agent's network namespace.
absl::StatusOr<std::chrono::milliseconds> StaticPlaneAge(
    const std::string& bpffs_dir);

}  // namespace l275

#endif  // L275_LB_AGENT_DATAPLANE_STATIC_PLANE_H_
