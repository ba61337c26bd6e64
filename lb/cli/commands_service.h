#ifndef L275_LB_CLI_COMMANDS_SERVICE_H_
#define L275_LB_CLI_COMMANDS_SERVICE_H_

#include <string>

#include "absl/status/statusor.h"
#include "lb/cli/command.h"

namespace l275 {

// lbctl service ...
absl::StatusOr<std::string> ServiceList(const Invocation& invocation);
absl::StatusOr<std::string> ServiceShow(const Invocation& invocation);
absl::StatusOr<std::string> ServiceAdd(const Invocation& invocation);
absl::StatusOr<std::string> ServiceRemove(const Invocation& invocation);

}  // namespace l275

#endif  // L275_LB_CLI_COMMANDS_SERVICE_H_
