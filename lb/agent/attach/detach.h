#ifndef L275_LB_AGENT_ATTACH_DETACH_H_
#define L275_LB_AGENT_ATTACH_DETACH_H_

#include <string>

#include "absl/status/status.h"

namespace l275 {

// Takes away all that agents left in a bpffs folder: the programs from their
// interfaces, then the pins. Packets for the services meet the kernel's own
// stack from then on. FailedPrecondition, and nothing is changed: an agent runs
// with that folder.
absl::Status DetachAll(const std::string& bpffs_dir);

}  // namespace l275

#endif  // L275_LB_AGENT_ATTACH_DETACH_H_
