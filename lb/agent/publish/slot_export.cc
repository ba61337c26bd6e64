#include "lb/agent/publish/slot_export.h"

#include <algorithm>

#include "lb/agent/publish/fallback.h"

namespace l275 {
namespace {

// Where flows without an entry go.
SlotPlace PlaceOf(const Maps& maps, uint32_t slot) {
  const SlotWord word = maps.slot(slot);
  SlotPlace place;
  place.tracked = word.tracked();
  const uint32_t backend =
      place.tracked ? FallbackOf(maps, slot) : word.owner();
  if (maps.IsAlive(backend)) {
    place.backend = Ipv4Address::FromNetwork(maps.backends()[backend].address);
  }
  return place;
}

}  // namespace

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
    if (!maps.slot(slot).tracked()) continue;
    const uint32_t prior = maps.prior(slot).backend();
    range.tracked |= uint64_t{1} << i;
    // Index 0 is all zero: none.
    range.priors.push_back(
        Ipv4Address::FromNetwork(maps.backends()[prior].address));
  }
  return range;
}

std::vector<SlotPlace> ExportPlaces(const Maps& maps,
                                    const WrittenService& service) {
  std::vector<SlotPlace> places;
  places.reserve(service.slot_count());
  for (uint32_t i = 0; i < service.slot_count(); ++i) {
    places.push_back(PlaceOf(maps, service.first_slot + i));
  }
  return places;
}

}  // namespace l275
