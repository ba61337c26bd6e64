#ifndef L275_LB_AGENT_MAP_SIZING_H_
#define L275_LB_AGENT_MAP_SIZING_H_

#include <cstdint>

#include "lb/agent/config/desired_state.h"
#include "lb/agent/dataplane/maps.h"

namespace l275 {

// Map sizes for `desired`: those of `asked`; where that says 0, twice what is
// desired, and at least room for 64 tables of the default size, 1,024 services
// and 16,384 backends.
MapSizes ChooseMapSizes(const MapSizes& asked, const DesiredState& desired,
                        uint32_t default_table_size);

}  // namespace l275

#endif  // L275_LB_AGENT_MAP_SIZING_H_
