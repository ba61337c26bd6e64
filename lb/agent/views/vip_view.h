#ifndef L275_LB_AGENT_VIEWS_VIP_VIEW_H_
#define L275_LB_AGENT_VIEWS_VIP_VIEW_H_

#include <vector>

#include "lb/agent/views/agent_view.h"
#include "lb/agent/vrrp/vip_coverage.h"

namespace l275 {

// Of each VIP.
std::vector<VipCoverage> ViewVipCoverage(const AgentView& view);

}  // namespace l275

#endif  // L275_LB_AGENT_VIEWS_VIP_VIEW_H_
