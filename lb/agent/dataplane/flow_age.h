#ifndef L275_LB_AGENT_DATAPLANE_FLOW_AGE_H_
#define L275_LB_AGENT_DATAPLANE_FLOW_AGE_H_

#include <cstdint>

#include "common/flow_mark.h"
#include "common/map_layout.h"
#include "lb/agent/dataplane/maps.h"

namespace l275 {

// In ticks; less than 0 when a packet came since `tick` was read.
inline int32_t AgeOfFlow(const l275_flow& flow, uint32_t tick) {
  return l275_flow_age(flow.last_seen, tick);
}

// L275_FLOW_ONE_... while only one packet of the flow was seen, otherwise 0.
inline uint32_t MarkOfFlow(const l275_flow& flow, uint32_t tick) {
  return l275_flow_mark(flow.last_seen, tick);
}

// Whether an entry counts, as the program sees it; see bpf/track.h.
inline bool IsLiveFlow(const Maps& maps, const l275_flow& flow,
                       uint32_t idle_ticks, uint32_t tick) {
  const l275_backend& backend = maps.backends()[flow.backend];
  return (backend.flags & L275_BACKEND_ALIVE) != 0 &&
         backend.generation == flow.generation &&
         AgeOfFlow(flow, tick) <= static_cast<int32_t>(idle_ticks);
}

}  // namespace l275

#endif  // L275_LB_AGENT_DATAPLANE_FLOW_AGE_H_
