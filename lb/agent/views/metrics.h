#ifndef L275_LB_AGENT_VIEWS_METRICS_H_
#define L275_LB_AGENT_VIEWS_METRICS_H_

#include <prometheus/metric_family.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/control/control.pb.h"
#include "lb/agent/attach/driver_losses.h"
#include "lb/agent/config/reload_result.h"
#include "lb/agent/pmtu/pmtu_watch.h"
#include "lb/agent/views/agent_view.h"

namespace l275 {

// What the agent counts of itself.
struct AgentCounters {
  uint64_t write_failures = 0;   // snapshots that did not fit
  uint64_t netlink_resyncs = 0;  // notifications lost, all read again
};

// Whether a peer holds a VIP of this load balancer's services.
struct PeerVip {
  std::string peer;  // its address, without a port
  std::string vip;
  bool held = false;
};

// Everything that /metrics shows. What `lbctl` shows as well comes from the
// same messages.
struct MetricValues {
  control::Status status;
  control::Stats stats;
  control::NextHops next_hops;
  control::HealthStates health;
  AgentCounters counters;
  ReloadResult reload;
  uint64_t table_changes = 0;  // services added, changed or removed in the maps
  uint64_t refused_macs = 0;   // see NextHopMonitor::mac_refusals()
  std::vector<PeerVip> peer_vips;
  DriverLosses::Counters driver_losses;     // also those that are 0
  std::optional<PmtuWatch::Services> pmtu;  // nullopt without CAP_NET_RAW
};

// Names are of Prometheus' convention: l275_<what>_<unit>[_total].
std::vector<prometheus::MetricFamily> MetricsOf(const MetricValues& values);

// The metrics of a running agent. Errors: a counter that cannot be read.
absl::StatusOr<std::vector<prometheus::MetricFamily>> CollectMetrics(
    const AgentView& view, const AgentCounters& counters);

}  // namespace l275

#endif  // L275_LB_AGENT_VIEWS_METRICS_H_
