#ifndef L275_LB_AGENT_CORE_AGENT_CONTROLLER_H_
#define L275_LB_AGENT_CORE_AGENT_CONTROLLER_H_

#include <functional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lb/agent/api/controller.h"
#include "lb/agent/config/desired_state.h"
#include "lb/agent/core/control_path.h"

namespace l275 {

// Answers the control API from the agent's parts.
class AgentController : public Controller {
 public:
  // Makes this the desired state, and says what that changes.
  using SetDesired =
      std::function<absl::StatusOr<control::ChangeReply>(DesiredState desired)>;

  // `control_path` outlives it. Until SetStarted() all requests are answered
  // with "starting".
  AgentController(ControlPath* control_path, SetDesired set_desired)
      : control_path_(*control_path), set_desired_(std::move(set_desired)) {}
  void SetStarted() { started_ = true; }

  bool IsStarting() override { return !started_; }
  absl::Status GetHealth() override;
  control::Readiness GetReadiness() override;
  absl::StatusOr<control::Status> GetStatus() override;
  absl::StatusOr<control::ServiceStates> GetServices() override;
  control::NextHops GetNextHops() override;
  absl::StatusOr<control::Stats> GetStats() override;
  control::HealthStates GetHealthStates() override;
  control::Services GetConfig() override;
  control::Explanation Explain(const Endpoint& source,
                               const Endpoint& destination) override;
  absl::StatusOr<control::ChangeReply> Change(
      const control::Change& change) override;
  absl::StatusOr<control::ChangeReply> Apply(
      const control::Services& services, const ApplyOptions& options) override;
  absl::StatusOr<std::string> GetMetrics() override;

 private:
  ControlPath& control_path_;
  const SetDesired set_desired_;
  bool started_ = false;
};

// What a change from one desired state to the other does, a line each.
control::ChangeReply ReplyOf(const DesiredState& before,
                             const DesiredState& after);

}  // namespace l275

#endif  // L275_LB_AGENT_CORE_AGENT_CONTROLLER_H_
