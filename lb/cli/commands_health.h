#ifndef L275_LB_CLI_COMMANDS_HEALTH_H_
#define L275_LB_CLI_COMMANDS_HEALTH_H_

#include <string>

#include "absl/status/statusor.h"
#include "lb/cli/command.h"

namespace l275 {

// lbctl health: what is known from beacons, and what became of them. Results
// that never were are shown with --all.
absl::StatusOr<std::string> Health(const Invocation& invocation);

}  // namespace l275

#endif  // L275_LB_CLI_COMMANDS_HEALTH_H_
