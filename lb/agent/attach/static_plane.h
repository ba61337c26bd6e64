#ifndef L275_LB_AGENT_ATTACH_STATIC_PLANE_H_
#define L275_LB_AGENT_ATTACH_STATIC_PLANE_H_

#include <chrono>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace l275 {

// The data plane as an agent pinned it, which forwards without one too.
struct StaticPlane {
  std::chrono::milliseconds age{};  // since an agent's last heartbeat
  // The texts of VIPs of which it is not known where their frames come in.
  std::vector<std::string> unknown_vips;
};

// Looks at what is pinned in a folder of a bpffs, and at the kernel, but asks
// no agent.
//
// FailedPrecondition says what keeps it from forwarding: the maps are missing,
// or the program is missing on an interface that the agent served, or on the
// one where a VIP's frames come in. Needs CAP_BPF and CAP_NET_ADMIN, in the
// agent's network namespace.
absl::StatusOr<StaticPlane> CheckStaticPlane(const std::string& bpffs_dir);

}  // namespace l275

#endif  // L275_LB_AGENT_ATTACH_STATIC_PLANE_H_
