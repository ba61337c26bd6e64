#ifndef L275_LB_CLI_COMMANDS_STATUS_H_
#define L275_LB_CLI_COMMANDS_STATUS_H_

#include <string>

#include "absl/status/statusor.h"
#include "lb/cli/command.h"

namespace l275 {

// lbctl status, lbctl stats: what the agent is and what it has done.
absl::StatusOr<std::string> Status(const Invocation& invocation);
absl::StatusOr<std::string> Stats(const Invocation& invocation);

}  // namespace l275

#endif  // L275_LB_CLI_COMMANDS_STATUS_H_
