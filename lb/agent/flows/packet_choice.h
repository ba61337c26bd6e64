#ifndef L275_LB_AGENT_FLOWS_PACKET_CHOICE_H_
#define L275_LB_AGENT_FLOWS_PACKET_CHOICE_H_

#include <cstdint>
#include <optional>

#include "common/abi/map_layout.h"
#include "lb/agent/maps/maps.h"

namespace l275 {

// The entry of a flow in the flow table; nullopt: it has none.
std::optional<l275_flow> FindFlow(const Maps& maps, const l275_flow_key& key);

// The id of the backend to which the program sends a packet of a slot; 0: none.
// `flow` is the flow's entry, if it has one. A SYN without an entry gets one,
// as long as the table and the rate of new entries allow it; else it goes where
// other packets without an entry go.
uint32_t ChoiceOf(const Maps& maps, uint32_t slot,
                  const std::optional<l275_flow>& flow, bool is_syn,
                  uint32_t idle_ticks, uint32_t tick);

}  // namespace l275

#endif  // L275_LB_AGENT_FLOWS_PACKET_CHOICE_H_
