#ifndef L275_LB_AGENT_VIEWS_PREFERENCE_H_
#define L275_LB_AGENT_VIEWS_PREFERENCE_H_

#include <string>
#include <vector>

#include "lb/agent/views/agent_view.h"

namespace l275 {

// Why a peer that is ready should rather have the VIPs: this host reaches no
// backend of a service. A peer on the other side of what is cut may reach some.
// If it does not either, both say so, and the VIPs stay.
std::vector<std::string> ViewNotPreferred(const AgentView& view);

}  // namespace l275

#endif  // L275_LB_AGENT_VIEWS_PREFERENCE_H_
