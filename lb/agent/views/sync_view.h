#ifndef L275_LB_AGENT_VIEWS_SYNC_VIEW_H_
#define L275_LB_AGENT_VIEWS_SYNC_VIEW_H_

#include <vector>

#include "common/control/control.pb.h"
#include "lb/agent/views/agent_view.h"

namespace l275 {

// What this load balancer and each of its peers know of one another.
std::vector<control::Peer> ViewPeers(const AgentView& view);

}  // namespace l275

#endif  // L275_LB_AGENT_VIEWS_SYNC_VIEW_H_
