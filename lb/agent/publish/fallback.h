#ifndef L275_LB_AGENT_PUBLISH_FALLBACK_H_
#define L275_LB_AGENT_PUBLISH_FALLBACK_H_

#include <cstdint>

#include "common/abi/map_layout.h"
#include "common/abi/track_rule.h"
#include "lb/agent/maps/maps.h"

namespace l275 {

// The id of the backend to which flows without an entry go in a tracked slot.
inline uint32_t FallbackOf(const Maps& maps, uint32_t slot) {
  const uint32_t prior = maps.priors()[slot];
  return l275_fallback(prior, &maps.backends()[prior & L275_PRIOR_BACKEND],
                       maps.slot(slot).owner());
}

}  // namespace l275

#endif  // L275_LB_AGENT_PUBLISH_FALLBACK_H_
