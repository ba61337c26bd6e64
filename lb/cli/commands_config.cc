#include "lb/cli/commands_config.h"

#include "common/control/json.h"
#include "common/control/services_text.h"
#include "common/os/status_util.h"
#include "lb/agent/config/services_file.h"
#include "lb/cli/command_util.h"

namespace l275 {
namespace {

// Checks the file by the agent's own rules: the agent does so too, but only
// here it is known at which line a thing stands. What stands in the file is not
// how lbctl is used: no usage error.
absl::StatusOr<ServicesFile> ReadFileOf(const Options& options) {
  absl::StatusOr<ServicesFile> file =
      ReadServicesFile(options.file, options.allow_empty);
  if (file.ok() || !IsUsageError(file.status())) return file;
  return absl::FailedPreconditionError(file.status().message());
}

}  // namespace

absl::StatusOr<std::string> Apply(const Invocation& invocation) {
  if (invocation.options.file.empty()) {
    return UsageError("apply needs -f FILE (\"-\" is stdin)");
  }
  const Options& options = invocation.options;
  L275_ASSIGN_OR_RETURN(const ServicesFile file, ReadFileOf(options));
  L275_ASSIGN_OR_RETURN(
      const control::ChangeReply reply,
      invocation.agent.Apply(file.text.services, options.dry_run,
                             options.allow_empty));
  return ReplyText(reply, options);
}

absl::StatusOr<std::string> Export(const Invocation& invocation) {
  L275_ASSIGN_OR_RETURN(const control::Services services,
                        invocation.agent.Config());
  return invocation.options.json ? ToPrettyJson(services)
                                 : PrintServicesText(services);
}

}  // namespace l275
