#ifndef L275_LB_CLI_COMMANDS_CONFIG_H_
#define L275_LB_CLI_COMMANDS_CONFIG_H_

#include <string>

#include "absl/status/statusor.h"
#include "lb/cli/command.h"

namespace l275 {

// lbctl apply, lbctl export: the declarative pair.
absl::StatusOr<std::string> Apply(const Invocation& invocation);
absl::StatusOr<std::string> Export(const Invocation& invocation);

}  // namespace l275

#endif  // L275_LB_CLI_COMMANDS_CONFIG_H_
