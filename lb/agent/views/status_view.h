#ifndef L275_LB_AGENT_VIEWS_STATUS_VIEW_H_
#define L275_LB_AGENT_VIEWS_STATUS_VIEW_H_

#include "absl/status/status.h"
#include "common/control.pb.h"
#include "lb/agent/views/agent_view.h"

namespace l275 {

// Adds health, the numbers of services, backends and slots, and the traffic by
// what became of it. Errors: a counter that cannot be read.
absl::Status FillStatus(const AgentView& view, control::Status* status);

}  // namespace l275

#endif  // L275_LB_AGENT_VIEWS_STATUS_VIEW_H_
