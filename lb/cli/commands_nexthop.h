#ifndef L275_LB_CLI_COMMANDS_NEXTHOP_H_
#define L275_LB_CLI_COMMANDS_NEXTHOP_H_

#include <string>

#include "absl/status/statusor.h"
#include "lb/cli/command.h"

namespace l275 {

// lbctl nexthop list
absl::StatusOr<std::string> NextHopList(const Invocation& invocation);

}  // namespace l275

#endif  // L275_LB_CLI_COMMANDS_NEXTHOP_H_
