#ifndef L275_LB_AGENT_VIEWS_EXPLAIN_H_
#define L275_LB_AGENT_VIEWS_EXPLAIN_H_

#include "common/control/control.pb.h"
#include "common/net/endpoint.h"
#include "lb/agent/views/agent_view.h"

namespace l275 {

// What a well-formed TCP packet of a flow meets on its way through the program
// when it comes in on the first attached interface: computed with the program's
// own hash (common/abi/flow_hash.h) from the program's own table.
control::Explanation Explain(const AgentView& view, const Endpoint& source,
                             const Endpoint& destination);

}  // namespace l275

#endif  // L275_LB_AGENT_VIEWS_EXPLAIN_H_
