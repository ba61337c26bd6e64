#ifndef L275_LB_AGENT_CORE_STARTUP_H_
#define L275_LB_AGENT_CORE_STARTUP_H_

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lb/agent/core/control_path.h"
#include "lb/agent/takeover/map_carrier.h"
#include "lb/agent/takeover/open_maps.h"

namespace l275 {

// The start of an agent, in this order: take over the maps of an earlier agent,
// or make new ones; listen to the backends' beacons for a moment; write the
// maps; attach the program. So the program knows everything from its first
// packet on. What is needed for the start only ends with this object.
class Startup {
 public:
  struct Callbacks {
    std::function<void()> on_next_hops_changed;
    std::function<void()> on_local_addresses_changed;
    std::function<void()> on_fault;  // see VipWatch::WatchHolders()
  };

  // `control_path` outlives it.
  Startup(ControlPath* control_path, Callbacks callbacks)
      : control_path_(*control_path),
        parts_(control_path->parts),
        callbacks_(std::move(callbacks)) {}

  // Reads what the operator wants and what the host has, and changes nothing
  // yet. Errors are one line, here and in Run().
  absl::StatusOr<DesiredState> Check();

  // Runs the event loop meanwhile. Cancelled when the loop was broken. After an
  // error no program is attached that was not attached before.
  absl::Status Run(DesiredState desired);

 private:
  absl::Status OpenMaps(const DesiredState& desired);
  absl::Status StartHealth();
  absl::Status ListenToBeacons();
  void StartSlowPath();
  void StartSentCounter();
  void StartPmtuWatch();
  absl::Status StartSync();
  void CarryOver();
  void CarryRest();

  ControlPath& control_path_;
  AgentParts& parts_;  // of it
  const Callbacks callbacks_;
  std::unique_ptr<MapCarrier> carrier_;  // null: nothing to carry over
  std::vector<AdoptedBackend> adopted_;  // in an earlier agent's maps
  bool has_earlier_agent_ = false;
};

}  // namespace l275

#endif  // L275_LB_AGENT_CORE_STARTUP_H_
