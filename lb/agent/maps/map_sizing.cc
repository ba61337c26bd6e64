#include "lb/agent/maps/map_sizing.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/os/status_util.h"

namespace l275 {
namespace {

constexpr MapSizes kMinimum = {1024, 16384, 64 * 65537};

absl::StatusOr<uint32_t> Choose(absl::string_view flag, uint32_t asked,
                                uint64_t desired, uint64_t minimum,
                                uint64_t maximum) {
  if (asked > maximum) {
    return absl::InvalidArgumentError(
        absl::StrCat(flag, ": ", asked, "; expected 1 to ", maximum,
                     ", or 0 for what the declared services need"));
  }
  if (asked != 0) return asked;
  const uint64_t roomy = std::max(desired + desired / 8, minimum);
  return static_cast<uint32_t>(std::min(roomy, maximum));
}

}  // namespace

absl::StatusOr<MapSizes> ChooseMapSizes(const MapSizes& asked,
                                        const DesiredState& desired,
                                        uint32_t default_table_size) {
  uint64_t backends = 0;
  uint64_t slots = 0;
  for (const auto& [address, service] : desired) {
    backends += service.backends.size();
    slots += service.table_size != 0 ? service.table_size : default_table_size;
  }
  MapSizes sizes = asked;
  L275_ASSIGN_OR_RETURN(sizes.services,
                        Choose("--max_services", asked.services, desired.size(),
                               kMinimum.services, kMaxMapSizes.services));
  L275_ASSIGN_OR_RETURN(sizes.backends,
                        Choose("--max_backends", asked.backends, backends,
                               kMinimum.backends, kMaxMapSizes.backends));
  L275_ASSIGN_OR_RETURN(
      sizes.slots, Choose("--max_slots", asked.slots, slots, kMinimum.slots,
                          kMaxMapSizes.slots));
  return sizes;
}

}  // namespace l275
