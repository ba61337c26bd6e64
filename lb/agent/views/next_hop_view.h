#ifndef L275_LB_AGENT_VIEWS_NEXT_HOP_VIEW_H_
#define L275_LB_AGENT_VIEWS_NEXT_HOP_VIEW_H_

#include "common/control/control.pb.h"
#include "common/net/ipv4_address.h"
#include "lb/agent/views/agent_view.h"

namespace l275 {

// How a frame for a backend leaves this host; empty for an address that is no
// backend's.
control::NextHop ViewNextHop(const AgentView& view, Ipv4Address backend);

// Of all backends, with the state of their neighbours.
control::NextHops ViewNextHops(const AgentView& view);

}  // namespace l275

#endif  // L275_LB_AGENT_VIEWS_NEXT_HOP_VIEW_H_
