#ifndef L275_LB_AGENT_MAPS_MAP_SIZING_H_
#define L275_LB_AGENT_MAPS_MAP_SIZING_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "lb/agent/config/desired_state.h"
#include "lb/agent/maps/maps.h"

namespace l275 {

// The most that an operator can ask for. Backends and next hops, of which there
// are twice as many, are numbered in 24 bits; 536,870,912 slots take 2 GiB.
inline constexpr MapSizes kMaxMapSizes = {1 << 20, 1 << 22, 1 << 29, 1 << 26};

// Map sizes for `desired`: those of `asked`; where that says 0, an eighth more
// than is desired, and at least room for 1,024 services, 16,384 backends and 64
// tables of 65,537 slots. InvalidArgument names the flag of a size that is
// asked for and out of range.
absl::StatusOr<MapSizes> ChooseMapSizes(const MapSizes& asked,
                                        const DesiredState& desired,
                                        uint32_t default_table_size);

}  // namespace l275

#endif  // L275_LB_AGENT_MAPS_MAP_SIZING_H_
