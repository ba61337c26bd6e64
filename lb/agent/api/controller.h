#ifndef L275_LB_AGENT_API_CONTROLLER_H_
#define L275_LB_AGENT_API_CONTROLLER_H_

#include <string>

#include "absl/status/statusor.h"
#include "common/control/control.pb.h"
#include "common/net/endpoint.h"

namespace l275 {

struct ApplyOptions {
  bool dry_run = false;      // says what would change, and changes nothing
  bool allow_empty = false;  // takes services of which there are none
};

// What the control API asks of the agent. Calls come one at a time, on the
// event loop; each change is done when its call returns, or has an error and
// changed nothing.
class Controller {
 public:
  virtual ~Controller() = default;

  // Requests are answered with "starting" for so long, and do nothing.
  virtual bool IsStarting() = 0;

  // What /healthz says: Unavailable while the program is not attached
  // everywhere that it should be.
  virtual absl::Status GetHealth() = 0;
  // Says nothing of the servers' health.
  virtual control::Readiness GetReadiness() = 0;
  virtual absl::StatusOr<control::Status> GetStatus() = 0;
  virtual absl::StatusOr<control::ServiceStates> GetServices() = 0;
  virtual control::NextHops GetNextHops() = 0;
  virtual absl::StatusOr<control::Stats> GetStats() = 0;
  virtual control::HealthStates GetHealthStates() = 0;
  virtual control::Services GetConfig() = 0;
  virtual control::Explanation Explain(const Endpoint& source,
                                       const Endpoint& destination) = 0;
  virtual absl::StatusOr<control::ChangeReply> Change(
      const control::Change& change) = 0;
  virtual absl::StatusOr<control::ChangeReply> Apply(
      const control::Services& services, const ApplyOptions& options) = 0;

  // In the Prometheus text format.
  virtual absl::StatusOr<std::string> GetMetrics() = 0;
};

}  // namespace l275

#endif  // L275_LB_AGENT_API_CONTROLLER_H_
