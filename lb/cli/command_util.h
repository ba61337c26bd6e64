#ifndef L275_LB_CLI_COMMAND_UTIL_H_
#define L275_LB_CLI_COMMAND_UTIL_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/control/control.pb.h"
#include "lb/cli/command.h"

namespace l275 {

// What several commands need.

// The service's canonical name ("tcp:10.0.0.200:80"), or a usage error.
absl::StatusOr<std::string> ParseServiceName(absl::string_view text);

// The same of --service, empty when it was not given.
absl::StatusOr<std::string> ServiceOfFlag(const Options& options);

// A backend's address without a weight, canonical, or a usage error.
absl::StatusOr<std::string> ParseBackendAddress(absl::string_view text);

// The service of that name; NotFound when the agent has none.
absl::StatusOr<control::ServiceState> FindService(
    const control::ServiceStates& services, absl::string_view name);

// What changed, a line each, or "nothing changed".
std::string ReplyText(const control::ChangeReply& reply,
                      const Options& options);

// Asks the agent for the change and returns ReplyText() of its answer.
absl::StatusOr<std::string> MakeChange(const Invocation& invocation,
                                       const control::Change& change);

}  // namespace l275

#endif  // L275_LB_CLI_COMMAND_UTIL_H_
