#ifndef L275_LB_CLI_COMMANDS_READY_H_
#define L275_LB_CLI_COMMANDS_READY_H_

#include <string>

#include "absl/status/statusor.h"
#include "lb/cli/command.h"

namespace l275 {

// lbctl ready, for keepalived's track_script: whether the program is attached
// and its tables are valid. The agent says so; without one the data plane goes
// on as it is, which counts for a while. An error, which exits with 1, says
// what is wrong. The servers' health has no part in it: the other load balancer
// sees the same servers.
absl::StatusOr<std::string> Ready(const Invocation& invocation);

}  // namespace l275

#endif  // L275_LB_CLI_COMMANDS_READY_H_
