#ifndef L275_LB_AGENT_VIEWS_FLOW_EVENT_VIEW_H_
#define L275_LB_AGENT_VIEWS_FLOW_EVENT_VIEW_H_

#include <vector>

#include "absl/status/statusor.h"
#include "common/control/control.pb.h"
#include "lb/agent/maps/maps.h"

namespace l275 {

// The counter of each event of common/abi/flow_events.h, in its order.
absl::StatusOr<std::vector<control::FlowEventCounter>> ViewFlowEvents(
    const Maps& maps);

}  // namespace l275

#endif  // L275_LB_AGENT_VIEWS_FLOW_EVENT_VIEW_H_
