#ifndef L275_LB_AGENT_FLOWS_FLOW_AGE_H_
#define L275_LB_AGENT_FLOWS_FLOW_AGE_H_

#include <cstdint>

#include "common/abi/flow_mark.h"
#include "common/abi/map_layout.h"
#include "common/abi/track_rule.h"
#include "lb/agent/maps/maps.h"

namespace l275 {

// In ticks; less than 0 when a packet came since `tick` was read.
inline int32_t AgeOfFlow(const l275_flow& flow, uint32_t tick) {
  return l275_flow_age(flow.last_seen, tick);
}

// L275_FLOW_ONE_... while only one packet of the flow was seen, otherwise 0.
inline uint32_t MarkOfFlow(const l275_flow& flow, uint32_t tick) {
  return l275_flow_mark(flow.last_seen, tick);
}

// Whether an entry counts.
inline bool IsLiveFlow(const Maps& maps, const l275_flow& flow,
                       uint32_t idle_ticks, uint32_t tick) {
  return l275_flow_is_live(&flow, &maps.backends()[flow.backend], tick,
                           idle_ticks) != 0;
}

}  // namespace l275

#endif  // L275_LB_AGENT_FLOWS_FLOW_AGE_H_
