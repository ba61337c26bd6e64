#ifndef L275_LB_AGENT_ATTACH_GRO_H_
#define L275_LB_AGENT_ATTACH_GRO_H_

#include <string>

#include "absl/status/statusor.h"

namespace l275 {

// Whether the kernel merges frames that arrive on an interface into larger ones
// (generic receive offload), of the thread's network namespace.
absl::StatusOr<bool> IsGroOn(const std::string& interface);

}  // namespace l275

#endif  // L275_LB_AGENT_ATTACH_GRO_H_
