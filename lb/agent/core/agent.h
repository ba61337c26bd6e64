#ifndef L275_LB_AGENT_CORE_AGENT_H_
#define L275_LB_AGENT_CORE_AGENT_H_

#include <event2/event.h>

#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/event/repeated_timer.h"
#include "common/event/timer.h"
#include "lb/agent/api/control_server.h"
#include "lb/agent/api/metrics_server.h"
#include "lb/agent/config/desired_source.h"
#include "lb/agent/core/agent_controller.h"
#include "lb/agent/core/agent_options.h"
#include "lb/agent/core/control_path.h"
#include "lb/agent/core/warning_log.h"

namespace l275 {

// The load balancer's control path: owns its parts, and hands on what one of
// them notices to those that must act. Reconciler says how that reaches the
// maps.
//
// The data plane outlives it: an agent takes over the maps and programs that an
// earlier one left pinned, and leaves its own. Everything runs on the event
// loop's thread.
class Agent {
 public:
  // Starts it as Startup says. Runs the loop meanwhile. Errors are one line and
  // leave nothing attached; Cancelled when the loop was broken. `base` outlives
  // the agent.
  static absl::StatusOr<std::unique_ptr<Agent>> Create(event_base* base,
                                                       AgentOptions options,
                                                       DesiredSource source);

  // Leaves the program attached; undoes a start that failed.
  ~Agent();
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;

  // Reads the keys and the services file again. What changed in the services
  // file is applied as one change; what lbctl changed stays (MergeDesired()). A
  // bad file changes nothing, and is a warning until the next good reload.
  void Reload();

 private:
  Agent(event_base* base, AgentOptions options, DesiredSource source);

  absl::Status Start();
  absl::Status StartServers();
  void OnSecond();
  void OnNextHopsChanged();
  void OnLocalAddressesChanged();
  void AttachReturned();
  void UpdateWarningLog();

  absl::StatusOr<control::ChangeReply> SetDesired(DesiredState desired);
  void Save(control::ChangeReply* reply);
  absl::Status ReloadServices();

  ControlPath control_path_;
  AgentParts& parts_;  // of it
  AgentController controller_;
  std::unique_ptr<ControlServer> control_;
  std::unique_ptr<MetricsServer> metrics_;
  WarningLog warning_log_;
  int seconds_ = 0;  // that OnSecond() has seen
  Timer save_timer_;
  std::optional<RepeatedTimer> second_timer_;
};

}  // namespace l275

#endif  // L275_LB_AGENT_CORE_AGENT_H_
