#include "lb/cli/command_util.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/control/json.h"
#include "common/net/ipv4_address.h"
#include "common/net/service_address.h"
#include "common/os/status_util.h"

namespace l275 {

absl::StatusOr<std::string> ParseServiceName(absl::string_view text) {
  L275_ASSIGN_OR_RETURN(const ServiceAddress address,
                        ServiceAddress::Parse(text));
  return address.ToString();
}

absl::StatusOr<std::string> ServiceOfFlag(const Options& options) {
  if (options.service.empty()) return std::string();
  return ParseServiceName(options.service);
}

absl::StatusOr<std::string> ParseBackendAddress(absl::string_view text) {
  const absl::StatusOr<Ipv4Address> address = ParseHostAddress(text);
  if (!address.ok()) return Annotate(address.status(), "backend");
  return address->ToString();
}

absl::StatusOr<control::ServiceState> FindService(
    const control::ServiceStates& services, absl::string_view name) {
  for (const control::ServiceState& service : services.service()) {
    if (service.service() == name) return service;
  }
  return absl::NotFoundError(
      absl::StrCat("no service ", name, "; \"lbctl service list\" lists them"));
}

std::string ReplyText(const control::ChangeReply& reply,
                      const Options& options) {
  if (options.json) return ToPrettyJson(reply);
  std::string text = "";
  if (reply.change().empty()) {
    text = options.dry_run ? "nothing would change\n" : "nothing changed\n";
  }
  for (const std::string& line : reply.change()) {
    absl::StrAppend(&text, line, "\n");
  }
  for (const std::string& line : reply.warning()) {
    absl::StrAppend(&text, "warning: ", line, "\n");
  }
  return text;
}

absl::StatusOr<std::string> MakeChange(const Invocation& invocation,
                                       const control::Change& change) {
  L275_ASSIGN_OR_RETURN(const control::ChangeReply reply,
                        invocation.agent.Change(change));
  return ReplyText(reply, invocation.options);
}

}  // namespace l275
