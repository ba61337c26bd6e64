#include "lb/agent/dataplane/slot_export.h"

#include <algorithm>

namespace l275 {

PortableTable ExportTable(const WrittenService& service) {
  return {service.slot_count(), TableBackendsOf(service.source)};
}

SlotRange ExportRange(const Maps& maps, const WrittenService& service,
                      uint32_t index) {
  SlotRange range;
  range.index = index;
  const uint32_t first = index * SlotRange::kSlots;
  const uint32_t count =
      std::min(SlotRange::kSlots, service.slot_count() - first);
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t slot = service.first_slot + first + i;
    if ((maps.slots()[slot] & L275_SLOT_TRACKED) == 0) continue;
    const uint32_t prior = maps.priors()[slot] & L275_PRIOR_BACKEND;
    range.tracked |= uint64_t{1} << i;
    // Index 0 is all zero: none.
    range.priors.push_back(
        Ipv4Address::FromNetwork(maps.backends()[prior].address));
  }
  return range;
}

}  // namespace l275
