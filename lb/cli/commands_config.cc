#include "lb/cli/commands_config.h"

#include "common/json.h"
#include "common/read_file.h"
#include "common/services_text.h"
#include "common/status_util.h"
#include "lb/agent/config/desired_state_proto.h"
#include "lb/cli/command_util.h"

namespace l275 {
namespace {

// Checks what the text means by the agent's own rules: the agent does so too,
// but only here it is known at which line it stands.
absl::StatusOr<ServicesText> ParseAndCheck(const std::string& text,
                                           const std::string& file_name) {
  L275_ASSIGN_OR_RETURN(ServicesText parsed,
                        ParseServicesText(text, file_name));
  L275_RETURN_IF_ERROR(DesiredStateFromText(parsed).status());
  return parsed;
}

// What stands in the file is not how lbctl is used: no usage error.
absl::StatusOr<ServicesText> ParseFile(const std::string& file) {
  L275_ASSIGN_OR_RETURN(const std::string text, ReadFile(file));
  absl::StatusOr<ServicesText> parsed =
      ParseAndCheck(text, file == "-" ? "stdin" : file);
  if (parsed.ok()) return parsed;
  return absl::FailedPreconditionError(parsed.status().message());
}

}  // namespace

absl::StatusOr<std::string> Apply(const Invocation& invocation) {
  if (invocation.options.file.empty()) {
    return UsageError("apply needs -f FILE (\"-\" is stdin)");
  }
  L275_ASSIGN_OR_RETURN(const ServicesText text,
                        ParseFile(invocation.options.file));
  L275_ASSIGN_OR_RETURN(const control::ChangeReply reply,
                        invocation.agent.Apply(text.services));
  return ReplyText(reply, invocation.options);
}

absl::StatusOr<std::string> Export(const Invocation& invocation) {
  L275_ASSIGN_OR_RETURN(const control::Services services,
                        invocation.agent.Config());
  return invocation.options.json ? ToPrettyJson(services)
                                 : PrintServicesText(services);
}

}  // namespace l275
