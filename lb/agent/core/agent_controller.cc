#include "lb/agent/core/agent_controller.h"

#include <prometheus/text_serializer.h>

#include "absl/strings/str_cat.h"
#include "common/os/status_util.h"
#include "lb/agent/config/change.h"
#include "lb/agent/config/desired_state_proto.h"
#include "lb/agent/views/explain.h"
#include "lb/agent/views/health_view.h"
#include "lb/agent/views/metrics.h"
#include "lb/agent/views/next_hop_view.h"
#include "lb/agent/views/preference.h"
#include "lb/agent/views/service_view.h"
#include "lb/agent/views/stats_view.h"
#include "lb/agent/views/status_view.h"
#include "lb/agent/views/vip_view.h"
#include "lb/agent/views/warnings.h"

namespace l275 {

control::ChangeReply ReplyOf(const DesiredState& before,
                             const DesiredState& after) {
  control::ChangeReply reply;
  for (std::string& line : DescribeChanges(before, after)) {
    reply.add_change(std::move(line));
  }
  return reply;
}

absl::Status AgentController::GetHealth() {
  return control_path_.parts.attachments->CheckAttached();
}

control::Readiness AgentController::GetReadiness() {
  control::Readiness readiness;
  const AgentView view = control_path_.View();
  for (const absl::Status& status :
       {GetHealth(), view.written,
        view.sync == nullptr ? absl::OkStatus() : view.sync->CheckResynced()}) {
    if (!status.ok()) readiness.add_reason(std::string(status.message()));
  }
  for (VipCoverage& coverage : ViewVipCoverage(view)) {
    if (coverage.state != VipCoverage::State::kUncovered) continue;
    readiness.add_reason(std::move(coverage.text));
  }
  readiness.set_ready(readiness.reason().empty());
  for (std::string& reason : ViewNotPreferred(view)) {
    readiness.add_not_preferred(std::move(reason));
  }
  for (control::Warning& warning : ViewWarnings(view)) {
    *readiness.add_warning() = std::move(warning);
  }
  return readiness;
}

absl::StatusOr<control::Status> AgentController::GetStatus() {
  return ViewStatus(control_path_.View());
}

absl::StatusOr<control::ServiceStates> AgentController::GetServices() {
  return ViewServices(control_path_.View());
}

control::NextHops AgentController::GetNextHops() {
  return ViewNextHops(control_path_.View());
}

absl::StatusOr<control::Stats> AgentController::GetStats() {
  return ViewStats(control_path_.View());
}

control::HealthStates AgentController::GetHealthStates() {
  return ViewHealth(control_path_.View());
}

control::Services AgentController::GetConfig() {
  return DesiredStateToProto(control_path_.reconciler.desired());
}

control::Explanation AgentController::Explain(const Endpoint& source,
                                              const Endpoint& destination) {
  return l275::Explain(control_path_.View(), source, destination);
}

absl::StatusOr<control::ChangeReply> AgentController::Change(
    const control::Change& change) {
  L275_ASSIGN_OR_RETURN(
      DesiredState desired,
      ApplyChange(control_path_.reconciler.desired(), change));
  return set_desired_(std::move(desired));
}

absl::StatusOr<control::ChangeReply> AgentController::Apply(
    const control::Services& services, const ApplyOptions& options) {
  const DesiredState& before = control_path_.reconciler.desired();
  L275_ASSIGN_OR_RETURN(DesiredState desired, DesiredStateFromProto(services));
  if (desired.empty() && !options.allow_empty) {
    return absl::InvalidArgumentError(
        absl::StrCat("no service in it, so all ", before.size(),
                     " would be removed; expected one, or allow_empty"));
  }
  if (options.dry_run) return ReplyOf(before, desired);
  L275_ASSIGN_OR_RETURN(control::ChangeReply reply,
                        set_desired_(std::move(desired)));
  control_path_.parts.state.ForgetReplaced();
  return reply;
}

absl::StatusOr<std::string> AgentController::GetMetrics() {
  const AgentCounters counters = {control_path_.reconciler.write_failures(),
                                  control_path_.parts.next_hops->resyncs()};
  L275_ASSIGN_OR_RETURN(const auto families,
                        CollectMetrics(control_path_.View(), counters));
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace l275
