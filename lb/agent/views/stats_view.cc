#include "lb/agent/views/stats_view.h"

#include <utility>

#include "common/os/status_util.h"
#include "lb/agent/views/flow_event_view.h"
#include "lb/agent/views/service_view.h"
#include "lb/agent/views/verdict_view.h"

namespace l275 {

absl::StatusOr<control::Stats> ViewStats(const AgentView& view) {
  control::Stats stats;
  L275_ASSIGN_OR_RETURN(const auto verdicts, ViewVerdicts(view.maps));
  L275_ASSIGN_OR_RETURN(auto services, ViewServices(view));
  L275_ASSIGN_OR_RETURN(const auto events, ViewFlowEvents(view.maps));
  *stats.mutable_verdict() = {verdicts.begin(), verdicts.end()};
  *stats.mutable_service() = std::move(*services.mutable_service());
  *stats.mutable_flow_event() = {events.begin(), events.end()};
  return stats;
}

}  // namespace l275
