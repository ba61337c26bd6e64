#ifndef L275_LB_CLI_AGENT_CLIENT_H_
#define L275_LB_CLI_AGENT_CLIENT_H_

#include <google/protobuf/message.h>

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/control/control.pb.h"
#include "common/net/endpoint.h"
#include "lb/cli/unix_http_client.h"

namespace l275 {

// The agent's control API (common/control/control.proto) as calls. Each waits
// for the answer, at most `timeout_ms`. Errors: those of UnixHttpClient;
// Aborted with the agent's own words when it refuses; Internal when its answer
// cannot be understood. For one thread.
class AgentClient {
 public:
  AgentClient(absl::string_view control_socket, long timeout_ms);

  absl::StatusOr<control::Status> Status() const;
  absl::StatusOr<control::ServiceStates> Services() const;
  absl::StatusOr<control::NextHops> NextHops() const;
  absl::StatusOr<control::Readiness> Readiness() const;
  absl::StatusOr<control::Stats> Stats() const;
  absl::StatusOr<control::HealthStates> Health() const;
  absl::StatusOr<control::Services> Config() const;
  absl::StatusOr<control::Explanation> Explain(
      const Endpoint& source, const Endpoint& destination) const;
  absl::StatusOr<control::ChangeReply> Change(
      const control::Change& change) const;
  absl::StatusOr<control::ChangeReply> Apply(const control::Services& services,
                                             bool dry_run,
                                             bool allow_empty) const;

 private:
  template <typename AnswerMessage>
  absl::StatusOr<AnswerMessage> Get(const std::string& path_and_query) const;
  absl::StatusOr<control::ChangeReply> Post(
      const std::string& path, const google::protobuf::Message& request) const;

  const UnixHttpClient http_;
};

}  // namespace l275

#endif  // L275_LB_CLI_AGENT_CLIENT_H_
