#ifndef L275_LB_AGENT_PUBLISH_SLOT_EXPORT_H_
#define L275_LB_AGENT_PUBLISH_SLOT_EXPORT_H_

#include <cstdint>
#include <vector>

#include "lb/agent/maps/maps.h"
#include "lb/agent/publish/portable_state.h"
#include "lb/agent/publish/written_service.h"

namespace l275 {

// What a service's table was made of. Not for a service that was read from maps
// (WrittenMaps): those do not say it.
PortableTable ExportTable(const WrittenService& service);

// The range with this index, less than RangesOf(service.slot_count()).
SlotRange ExportRange(const Maps& maps, const WrittenService& service,
                      uint32_t index);

// Where the program sends flows without an entry, by slot; also for a service
// that was read from maps.
std::vector<SlotPlace> ExportPlaces(const Maps& maps,
                                    const WrittenService& service);

}  // namespace l275

#endif  // L275_LB_AGENT_PUBLISH_SLOT_EXPORT_H_
