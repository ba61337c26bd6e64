#ifndef L275_LB_AGENT_VIEWS_STATUS_VIEW_H_
#define L275_LB_AGENT_VIEWS_STATUS_VIEW_H_

#include "absl/status/statusor.h"
#include "common/control/control.pb.h"
#include "lb/agent/views/agent_view.h"

namespace l275 {

// The agent, its interfaces, VIPs and peers, what was changed at run time, the
// numbers of services, backends and slots, and the traffic by what became of
// it. Errors: a counter that cannot be read.
absl::StatusOr<control::Status> ViewStatus(const AgentView& view);

}  // namespace l275

#endif  // L275_LB_AGENT_VIEWS_STATUS_VIEW_H_
