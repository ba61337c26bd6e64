#include "lb/agent/map_sizing.h"

#include <algorithm>
#include <limits>

namespace l275 {
namespace {

constexpr uint64_t kMinTables = 64;
constexpr uint64_t kMinServices = 1024;
constexpr uint64_t kMinBackends = 16384;

uint32_t Choose(uint32_t asked, uint64_t desired, uint64_t minimum) {
  if (asked != 0) return asked;
  return static_cast<uint32_t>(
      std::min<uint64_t>(std::max(2 * desired, minimum),
                         std::numeric_limits<uint32_t>::max() / 2));
}

}  // namespace

MapSizes ChooseMapSizes(const MapSizes& asked, const DesiredState& desired,
                        uint32_t default_table_size) {
  uint64_t backends = 0;
  uint64_t slots = 0;
  for (const auto& [address, service] : desired) {
    backends += service.backends.size();
    slots += service.table_size != 0 ? service.table_size : default_table_size;
  }
  MapSizes sizes;
  sizes.services = Choose(asked.services, desired.size(), kMinServices);
  sizes.backends = Choose(asked.backends, backends, kMinBackends);
  sizes.slots = Choose(asked.slots, slots, kMinTables * default_table_size);
  return sizes;
}

}  // namespace l275
