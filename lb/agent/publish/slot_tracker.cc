#include "lb/agent/publish/slot_tracker.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/os/status_util.h"
#include "lb/agent/maps/counters.h"
#include "lb/agent/maps/tick.h"

namespace l275 {

SlotTracker::SlotTracker(Maps* maps, const WrittenServices* services)
    : maps_(*maps), services_(*services), slots_(maps), follower_(&slots_) {}

void SlotTracker::Adopt(const ServiceAddress& address,
                        const WrittenService& service, TimePoint now) {
  if (slots_.Adopt(service.first_slot, service.slot_count(), TickOf(now)) > 0) {
    used_.insert(address);
  }
}

void SlotTracker::Change(const ServiceAddress& address,
                         const WrittenService& service,
                         const std::vector<uint32_t>& owners, bool keep_flows,
                         TimePoint now) {
  if (!keep_flows) return slots_.Fill(service.first_slot, owners);
  slots_.Change(service.first_slot, owners, TickOf(now));
  // A service that never forwarded a packet has no flows to keep: for example
  // that of a standby, which must decide as the active one does when it takes
  // over. Asked after the change, so that a packet that came meanwhile counts.
  if (slots_.tracked() > 0 && used_.count(address) == 0 &&
      followed_.count(address) == 0 && !HasForwarded(service)) {
    slots_.SettleAll(service.first_slot, service.slot_count());
  }
}

void SlotTracker::Forget(const WrittenService& service) {
  slots_.Forget(service.first_slot, service.slot_count());
}

void SlotTracker::Remove(const ServiceAddress& address,
                         const WrittenService& service) {
  Forget(service);
  used_.erase(address);
}

void SlotTracker::Settle(const std::function<bool(uint32_t slot)>& keeps_away,
                         uint32_t idle_ticks, TimePoint now) {
  if (slots_.tracked() == 0) return;
  for (const auto& [address, service] : services_) {
    if (IsFollowed(address)) continue;
    slots_.Settle(service.first_slot, service.slot_count(), TickOf(now),
                  idle_ticks, keeps_away);
  }
}

bool SlotTracker::IsUsed(const ServiceAddress& address) const {
  if (used_.count(address) > 0) return true;
  const auto found = services_.find(address);
  return found != services_.end() && HasForwarded(found->second);
}

// If that cannot be found out, assume that it has.
bool SlotTracker::HasForwarded(const WrittenService& service) const {
  const absl::StatusOr<std::vector<l275_counter>> counters =
      ReadCounters(maps_.service_counters_fd(), {service.id});
  return !counters.ok() || (*counters)[0].packets > 0;
}

absl::StatusOr<const WrittenService*> SlotTracker::Find(
    const ServiceAddress& address, size_t slots) const {
  L275_ASSIGN_OR_RETURN(const WrittenService* service,
                        FindService(services_, address));
  if (service->slot_count() == slots) return service;
  return absl::FailedPreconditionError(
      absl::StrCat(address.ToString(), " has a table of ",
                   service->slot_count(), " slots, there of ", slots));
}

absl::StatusOr<uint32_t> SlotTracker::Follow(const ServiceAddress& address,
                                             const PortableTable& table,
                                             absl::Span<const SlotRange> ranges,
                                             TimePoint now) {
  L275_ASSIGN_OR_RETURN(const WrittenService* service,
                        Find(address, table.slots));
  return follower_.Follow(*service, table, ranges, TickOf(now));
}

absl::StatusOr<uint32_t> SlotTracker::Follow(const ServiceAddress& address,
                                             absl::Span<const SlotPlace> places,
                                             TimePoint now) {
  L275_ASSIGN_OR_RETURN(const WrittenService* service,
                        Find(address, places.size()));
  return follower_.Follow(*service, places, TickOf(now));
}

void SlotTracker::SetFollowed(std::set<ServiceAddress> services,
                              TimePoint now) {
  std::swap(followed_, services);
  for (const ServiceAddress& address : services) {
    const auto found = services_.find(address);
    if (IsFollowed(address) || found == services_.end()) continue;
    // It is not known here when they changed last.
    slots_.Postpone(found->second.first_slot, found->second.slot_count(),
                    TickOf(now));
  }
}

}  // namespace l275
