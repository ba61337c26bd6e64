#ifndef L275_LB_AGENT_VIEWS_WARNINGS_H_
#define L275_LB_AGENT_VIEWS_WARNINGS_H_

#include <vector>

#include "common/control/control.pb.h"
#include "lb/agent/views/agent_view.h"

namespace l275 {

// Everything that is wrong now, one entry for each check and subject. The one
// list that `lbctl status`, `lbctl ready`, the metric l275_warning and the log
// are made from: what an operator has to know is added here.
std::vector<control::Warning> ViewWarnings(const AgentView& view);

}  // namespace l275

#endif  // L275_LB_AGENT_VIEWS_WARNINGS_H_
