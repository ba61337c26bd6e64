#ifndef L275_LB_AGENT_CORE_CAPABILITIES_H_
#define L275_LB_AGENT_CORE_CAPABILITIES_H_

#include "absl/status/status.h"

namespace l275 {

// Whether this process may do what the agent does: CAP_NET_ADMIN (attach XDP
// programs, write neighbours) and CAP_SYS_ADMIN (load BPF programs, and look at
// those that are attached already, by their ids; see capabilities(7)).
// PermissionDenied names those that are missing.
absl::Status CheckCapabilities();

}  // namespace l275

#endif  // L275_LB_AGENT_CORE_CAPABILITIES_H_
