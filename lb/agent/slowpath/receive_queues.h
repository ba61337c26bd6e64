#ifndef L275_LB_AGENT_SLOWPATH_RECEIVE_QUEUES_H_
#define L275_LB_AGENT_SLOWPATH_RECEIVE_QUEUES_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace l275 {

// The number of receive queues that an interface uses now, at least 1, as
// `ethtool -l` has it; 1 for a driver that does not say. NotFound: there is no
// such interface.
absl::StatusOr<uint32_t> ReceiveQueues(const std::string& interface);

}  // namespace l275

#endif  // L275_LB_AGENT_SLOWPATH_RECEIVE_QUEUES_H_
