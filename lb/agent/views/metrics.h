#ifndef L275_LB_AGENT_VIEWS_METRICS_H_
#define L275_LB_AGENT_VIEWS_METRICS_H_

#include <prometheus/metric_family.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lb/agent/views/agent_view.h"

namespace l275 {

// What the agent counts of itself.
struct AgentCounters {
  uint64_t write_failures = 0;   // snapshots that did not fit
  uint64_t netlink_resyncs = 0;  // notifications lost, all read again
};

// Everything that /metrics shows. Names are of Prometheus' convention:
// l275_<what>_<unit>[_total].
absl::StatusOr<std::vector<prometheus::MetricFamily>> CollectMetrics(
    const AgentView& view, const AgentCounters& counters,
    const std::string& version);

}  // namespace l275

#endif  // L275_LB_AGENT_VIEWS_METRICS_H_
