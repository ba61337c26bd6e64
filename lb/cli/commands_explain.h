#ifndef L275_LB_CLI_COMMANDS_EXPLAIN_H_
#define L275_LB_CLI_COMMANDS_EXPLAIN_H_

#include <string>

#include "absl/status/statusor.h"
#include "lb/cli/command.h"

namespace l275 {

// lbctl explain: what a packet of a flow would meet, in the order of the packet
// path.
absl::StatusOr<std::string> Explain(const Invocation& invocation);

}  // namespace l275

#endif  // L275_LB_CLI_COMMANDS_EXPLAIN_H_
