#include "lb/agent/flows/packet_choice.h"

#include <bpf/bpf.h>

#include "common/abi/track_rule.h"
#include "lb/agent/publish/fallback.h"

namespace l275 {

std::optional<l275_flow> FindFlow(const Maps& maps, const l275_flow_key& key) {
  l275_flow flow = {};
  if (bpf_map_lookup_elem(maps.flows_fd(), &key, &flow) != 0) {
    return std::nullopt;
  }
  return flow;
}

uint32_t ChoiceOf(const Maps& maps, uint32_t slot,
                  const std::optional<l275_flow>& flow, bool is_syn,
                  uint32_t idle_ticks, uint32_t tick) {
  const SlotWord word = maps.slot(slot);
  if (!word.tracked()) return word.owner();
  if (flow.has_value() &&
      l275_packet_follows(&*flow, &maps.backends()[flow->backend], slot,
                          static_cast<int>(is_syn), tick, idle_ticks) != 0) {
    return flow->backend;
  }
  return is_syn ? word.owner() : FallbackOf(maps, slot);
}

}  // namespace l275
