#ifndef L275_LB_AGENT_VIEWS_STATS_VIEW_H_
#define L275_LB_AGENT_VIEWS_STATS_VIEW_H_

#include "absl/status/statusor.h"
#include "common/control/control.pb.h"
#include "lb/agent/views/agent_view.h"

namespace l275 {

// The counters of verdicts, services, backends and flow events. Errors: a
// counter that cannot be read.
absl::StatusOr<control::Stats> ViewStats(const AgentView& view);

}  // namespace l275

#endif  // L275_LB_AGENT_VIEWS_STATS_VIEW_H_
