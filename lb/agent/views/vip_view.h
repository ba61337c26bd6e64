#ifndef L275_LB_AGENT_VIEWS_VIP_VIEW_H_
#define L275_LB_AGENT_VIEWS_VIP_VIEW_H_

#include <vector>

#include "lb/agent/announce/vip_coverage.h"
#include "lb/agent/views/agent_view.h"

namespace l275 {

// Of each VIP.
std::vector<VipCoverage> ViewVipCoverage(const AgentView& view);

}  // namespace l275

#endif  // L275_LB_AGENT_VIEWS_VIP_VIEW_H_
