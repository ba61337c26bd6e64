#ifndef L275_LB_AGENT_DATAPLANE_FALLBACK_H_
#define L275_LB_AGENT_DATAPLANE_FALLBACK_H_

#include <cstdint>

#include "common/map_layout.h"
#include "lb/agent/dataplane/maps.h"

namespace l275 {

// The id of the backend to which flows without an entry go in a tracked slot,
// as bpf/track.h decides: the prior if it lives, otherwise the owner.
inline uint32_t FallbackOf(const Maps& maps, uint32_t slot) {
  const uint32_t prior = maps.priors()[slot] & L275_PRIOR_BACKEND;
  const bool lives =
      prior != 0 && (maps.backends()[prior].flags & L275_BACKEND_ALIVE) != 0;
  return lives ? prior : maps.slots()[slot] & L275_SLOT_OWNER;
}

}  // namespace l275

#endif  // L275_LB_AGENT_DATAPLANE_FALLBACK_H_
