#ifndef L275_LB_CLI_COMMANDS_BACKEND_H_
#define L275_LB_CLI_COMMANDS_BACKEND_H_

#include <string>

#include "absl/status/statusor.h"
#include "lb/cli/command.h"

namespace l275 {

// lbctl backend ...
absl::StatusOr<std::string> BackendList(const Invocation& invocation);
absl::StatusOr<std::string> BackendAdd(const Invocation& invocation);
absl::StatusOr<std::string> BackendRemove(const Invocation& invocation);
absl::StatusOr<std::string> BackendEnable(const Invocation& invocation);
absl::StatusOr<std::string> BackendDisable(const Invocation& invocation);
absl::StatusOr<std::string> BackendDrain(const Invocation& invocation);
absl::StatusOr<std::string> BackendWeight(const Invocation& invocation);

}  // namespace l275

#endif  // L275_LB_CLI_COMMANDS_BACKEND_H_
