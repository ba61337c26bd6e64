#include "lb/cli/agent_client.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/control/json.h"
#include "common/os/status_util.h"

namespace l275 {
namespace {

absl::Status ParseBody(const UnixHttpClient::Answer& answer,
                       absl::string_view request,
                       google::protobuf::Message* message) {
  absl::Status status = FromJson(answer.body, message);
  if (status.ok()) return status;
  return absl::InternalError(
      absl::StrCat("the answer to ", request, " (HTTP status ",
                   answer.http_status, ") cannot be read: ", status.message(),
                   "; is it lb_agent, and of this version?"));
}

// `request` is "GET /v1/status".
absl::Status ParseAnswer(const absl::StatusOr<UnixHttpClient::Answer>& answer,
                         absl::string_view request,
                         google::protobuf::Message* message) {
  L275_RETURN_IF_ERROR(answer.status());
  if (answer->http_status / 100 == 2) {
    return ParseBody(*answer, request, message);
  }
  control::Error error;
  L275_RETURN_IF_ERROR(ParseBody(*answer, request, &error));
  if (error.error().empty()) {
    return absl::InternalError(absl::StrCat("the agent refused ", request,
                                            " without a reason (HTTP status ",
                                            answer->http_status, ")"));
  }
  return absl::AbortedError(error.error());
}

}  // namespace

AgentClient::AgentClient(absl::string_view control_socket, long timeout_ms)
    : http_(control_socket, timeout_ms) {}

absl::StatusOr<control::Status> AgentClient::Status() const {
  return Get<control::Status>("/v1/status");
}

absl::StatusOr<control::ServiceStates> AgentClient::Services() const {
  return Get<control::ServiceStates>("/v1/services");
}

absl::StatusOr<control::Readiness> AgentClient::Readiness() const {
  return Get<control::Readiness>("/v1/ready");
}

absl::StatusOr<control::Stats> AgentClient::Stats() const {
  return Get<control::Stats>("/v1/stats");
}

absl::StatusOr<control::NextHops> AgentClient::NextHops() const {
  return Get<control::NextHops>("/v1/nexthops");
}

absl::StatusOr<control::HealthStates> AgentClient::Health() const {
  return Get<control::HealthStates>("/v1/health");
}

absl::StatusOr<control::Services> AgentClient::Config() const {
  return Get<control::Services>("/v1/config");
}

absl::StatusOr<control::Explanation> AgentClient::Explain(
    const Endpoint& source, const Endpoint& destination) const {
  return Get<control::Explanation>(
      absl::StrCat("/v1/explain?source=", source.ToString(),
                   "&destination=", destination.ToString()));
}

absl::StatusOr<control::ChangeReply> AgentClient::Change(
    const control::Change& change) const {
  return Post("/v1/change", change);
}

absl::StatusOr<control::ChangeReply> AgentClient::Apply(
    const control::Services& services, bool dry_run, bool allow_empty) const {
  std::vector<std::string> parameters;
  if (dry_run) parameters.push_back("dry_run=true");
  if (allow_empty) parameters.push_back("allow_empty=true");
  return Post(absl::StrCat("/v1/apply", parameters.empty() ? "" : "?",
                           absl::StrJoin(parameters, "&")),
              services);
}

template <typename AnswerMessage>
absl::StatusOr<AnswerMessage> AgentClient::Get(
    const std::string& path_and_query) const {
  AnswerMessage message;
  L275_RETURN_IF_ERROR(ParseAnswer(http_.Get(path_and_query),
                                   absl::StrCat("GET ", path_and_query),
                                   &message));
  return message;
}

absl::StatusOr<control::ChangeReply> AgentClient::Post(
    const std::string& path, const google::protobuf::Message& request) const {
  control::ChangeReply reply;
  L275_RETURN_IF_ERROR(ParseAnswer(http_.PostJson(path, ToJson(request)),
                                   absl::StrCat("POST ", path), &reply));
  return reply;
}

}  // namespace l275
