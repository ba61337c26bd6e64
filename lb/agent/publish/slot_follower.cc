#include "lb/agent/publish/slot_follower.h"

#include <algorithm>

namespace l275 {
namespace {

// 0: it is not here.
uint32_t IdOf(const WrittenService& service, Ipv4Address address) {
  const auto found = service.backends.find(address);
  return found == service.backends.end() ? 0 : found->second.id;
}

uint32_t LivingIdOf(const WrittenService& service, Ipv4Address address) {
  const auto found = service.backends.find(address);
  return found == service.backends.end() || !found->second.alive
             ? 0
             : found->second.id;
}

}  // namespace

uint32_t SlotFollower::Follow(const WrittenService& service,
                              const PortableTable& table,
                              absl::Span<const SlotRange> ranges,
                              uint32_t tick) {
  std::vector<uint32_t> ids;
  for (const MaglevBackend& backend : table.backends) {
    ids.push_back(IdOf(service, backend.address));
  }
  const std::vector<uint32_t>& owners =
      tables_.Build(table.backends, table.slots);
  uint32_t unknown = 0;
  for (const SlotRange& range : ranges) {
    unknown += FollowRange(service, owners, ids, range, tick);
  }
  return unknown;
}

uint32_t SlotFollower::Follow(const WrittenService& service,
                              absl::Span<const SlotPlace> places,
                              uint32_t tick) {
  uint32_t unknown = 0;
  uint32_t slot = service.first_slot;
  for (const SlotPlace& place : places) {
    const uint32_t fallback = LivingIdOf(service, place.backend);
    if (fallback == 0 && place.backend != Ipv4Address()) ++unknown;
    slots_.Follow(slot++, fallback, place.tracked, tick);
  }
  return unknown;
}

uint32_t SlotFollower::FollowRange(const WrittenService& service,
                                   absl::Span<const uint32_t> owners,
                                   const std::vector<uint32_t>& ids,
                                   const SlotRange& range, uint32_t tick) {
  uint32_t unknown = 0;
  size_t next_prior = 0;
  const uint32_t first = range.index * SlotRange::kSlots;
  const uint32_t end =
      std::min(first + SlotRange::kSlots, service.slot_count());
  for (uint32_t i = first; i < end; ++i) {
    const bool tracked = (range.tracked >> (i - first) & 1) != 0;
    const bool has_fallback = tracked || !owners.empty();
    const uint32_t fallback = tracked
                                  ? IdOf(service, range.priors[next_prior++])
                                  : (owners.empty() ? 0 : ids[owners[i]]);
    if (has_fallback && fallback == 0) ++unknown;
    slots_.Follow(service.first_slot + i, fallback, tracked, tick);
  }
  return unknown;
}

}  // namespace l275
