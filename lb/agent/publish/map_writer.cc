#include "lb/agent/publish/map_writer.h"

#include <glog/logging.h>

#include <cstring>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/abi/flow_hash.h"
#include "common/os/status_util.h"
#include "lb/agent/maps/counters.h"
#include "lb/agent/maps/tick.h"
#include "lb/agent/publish/written_maps.h"

namespace l275 {
namespace {

// A half of a backend, two words of 4 bytes, changes by one store.
void StoreHalf(uint32_t& first, uint32_t first_value, uint32_t second_value) {
  const uint32_t words[2] = {first_value, second_value};
  uint64_t half;
  memcpy(&half, words, sizeof(half));
  __atomic_store_n(reinterpret_cast<uint64_t*>(&first), half, __ATOMIC_RELEASE);
}

absl::Status NoService(const ServiceAddress& address) {
  return absl::NotFoundError(
      absl::StrCat("there is no service ", address.ToString()));
}

absl::Status OtherSize(const ServiceAddress& address,
                       const WrittenService& here, size_t slots_there) {
  return absl::FailedPreconditionError(
      absl::StrCat(address.ToString(), " has a table of ", here.slot_count(),
                   " slots, there of ", slots_there));
}

}  // namespace

struct MapWriter::Plan {
  struct Allocation {
    RangeAllocator* allocator;
    uint32_t first;
    uint32_t length;
  };
  std::vector<std::pair<ServiceAddress, WrittenService>> services;
  std::vector<Allocation> allocations;
  std::vector<uint32_t> places;
};

MapWriter::MapWriter(Maps* maps, uint64_t hash_seed)
    : maps_(*maps),
      hash_seed_(hash_seed),
      service_ids_(1, maps->sizes().services + 1),
      backend_ids_(1, maps->sizes().backends + 1),
      slot_ranges_(0, maps->sizes().slots),
      service_table_(maps),
      slots_(maps),
      follower_(&slots_),
      next_hops_(maps),
      devices_(maps),
      vips_(maps) {}

absl::Status MapWriter::Adopt(TimePoint now) {
  L275_ASSIGN_OR_RETURN(WrittenMaps written, WrittenMaps::Read(maps_));
  for (const auto& [address, service] : written.services) {
    L275_RETURN_IF_ERROR(AdoptService(address, service, now));
  }
  for (uint32_t backend : written.orphans) AdoptOrphan(backend);
  devices_.Adopt();
  services_ = std::move(written.services);
  return absl::OkStatus();
}

absl::Status MapWriter::AdoptService(const ServiceAddress& address,
                                     const WrittenService& service,
                                     TimePoint now) {
  if (service.hash_key != l275_service_hash_key(hash_seed_,
                                                address.vip.ToNetwork(),
                                                address.protocol)) {
    return absl::FailedPreconditionError(absl::StrCat(
        address.ToString(), " was written with another --hash_seed"));
  }
  bool adopted = service_table_.Adopt(service.place, service.record) &&
                 service_ids_.Reserve(service.id, 1) &&
                 slot_ranges_.Reserve(service.first_slot, service.slot_count());
  for (const auto& [unused, backend] : service.backends) {
    adopted = adopted && backend_ids_.Reserve(backend.id, 1) &&
              (backend.next_hop == 0 || next_hops_.Adopt(backend.next_hop));
  }
  if (!adopted) {
    return absl::FailedPreconditionError(
        absl::StrCat(address.ToString(),
                     " shares with another service in the maps what is not to "
                     "be shared"));
  }
  if (slots_.Adopt(service.first_slot, service.slot_count(), TickOf(now)) > 0) {
    used_.insert(address);
  }
  return absl::OkStatus();
}

// Slots may point to it until the next Write() is over.
void MapWriter::AdoptOrphan(uint32_t backend) {
  l275_backend& entry = maps_.backends()[backend];
  if ((entry.flags & L275_BACKEND_ALIVE) != 0) {
    StoreHalf(entry.generation, entry.generation + 1, 0);
  }
  if (backend_ids_.Reserve(backend, 1)) orphans_.push_back(backend);
}

void MapWriter::FreeOrphans(TimePoint now) {
  for (uint32_t backend : orphans_) backend_ids_.Free(backend, 1, now);
  orphans_.clear();
}

absl::Status MapWriter::Write(const Snapshot& snapshot, TimePoint now) {
  Plan plan;
  absl::Status planned = MakePlan(snapshot, now, plan);
  if (!planned.ok()) {
    UndoPlan(plan);
    return planned;
  }
  devices_.AddEgress(snapshot);
  vips_.Add(snapshot);
  for (auto& [address, service] : plan.services) {
    WriteService(address, std::move(service), snapshot, now);
  }
  MoveNextHops(snapshot, now);
  for (auto it = services_.begin(); it != services_.end();) {
    const ServiceAddress address = (it++)->first;
    if (snapshot.services.count(address) == 0) RemoveService(address, now);
  }
  devices_.RemoveUnusedEgress(snapshot);
  vips_.RemoveUnused(snapshot);
  FreeOrphans(now);
  devices_.WriteIngress(snapshot);
  return absl::OkStatus();
}

absl::Status MapWriter::MakePlan(const Snapshot& snapshot, TimePoint now,
                                 Plan& plan) {
  for (const auto& [address, source] : snapshot.services) {
    const auto written = services_.find(address);
    if (written != services_.end() && written->second.source == source) {
      continue;
    }
    L275_RETURN_IF_ERROR(PlanService(address, source, now, plan));
  }
  return absl::OkStatus();
}

absl::Status MapWriter::PlanService(const ServiceAddress& address,
                                    const SnapshotService& source,
                                    TimePoint now, Plan& plan) {
  const auto written = services_.find(address);
  const bool is_new = written == services_.end();
  const WrittenService none;
  const WrittenService& before = is_new ? none : written->second;
  WrittenService service;
  static_cast<ServicePlacement&>(service) = before;
  if (is_new) {
    L275_RETURN_IF_ERROR(Allocate(service_ids_, 1, "services", "--max_services",
                                  now, plan, service.id));
    L275_RETURN_IF_ERROR(ReservePlace(address, now, plan, service));
    service.hash_key = l275_service_hash_key(
        hash_seed_, address.vip.ToNetwork(), address.protocol);
  }
  if (before.source.table_size != source.table_size) {
    L275_RETURN_IF_ERROR(Allocate(slot_ranges_, source.table_size, "slots",
                                  "--max_slots", now, plan,
                                  service.first_slot));
    L275_RETURN_IF_ERROR(Allocate(service_table_.records(), 1,
                                  "service records", "--max_services", now,
                                  plan, service.record));
  }
  for (const auto& [backend_address, unused] : source.backends) {
    const auto known = before.backends.find(backend_address);
    WrittenBackend& backend =
        service.backends.try_emplace(service.backends.end(), backend_address)
            ->second;
    if (known != before.backends.end()) {
      backend = known->second;
    } else {
      L275_RETURN_IF_ERROR(Allocate(backend_ids_, 1, "backends",
                                    "--max_backends", now, plan, backend.id));
    }
  }
  service.source = source;
  plan.services.emplace_back(address, std::move(service));
  return absl::OkStatus();
}

absl::Status MapWriter::Allocate(RangeAllocator& allocator, uint32_t length,
                                 const char* things, const char* flag,
                                 TimePoint now, Plan& plan, uint32_t& first) {
  const std::optional<uint32_t> allocated = allocator.Allocate(length, now);
  if (!allocated.has_value()) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "no room for ", length, " more ", things, ": ", allocator.used(),
        " of ", allocator.capacity(), " in use; the largest free run is ",
        allocator.LargestFree(), "; start with a greater ", flag));
  }
  first = *allocated;
  plan.allocations.push_back({&allocator, first, length});
  return absl::OkStatus();
}

absl::Status MapWriter::ReservePlace(const ServiceAddress& address,
                                     TimePoint now, Plan& plan,
                                     WrittenService& service) {
  const std::optional<uint32_t> place =
      service_table_.ReservePlace(address, now);
  if (!place.has_value()) {
    return absl::ResourceExhaustedError(
        absl::StrCat("no room for ", address.ToString(),
                     " in its buckets of the table of services; start with a "
                     "greater --max_services"));
  }
  service.place = *place;
  plan.places.push_back(*place);
  return absl::OkStatus();
}

void MapWriter::UndoPlan(const Plan& plan) {
  for (uint32_t place : plan.places) service_table_.ReturnPlace(place);
  for (const Plan::Allocation& allocation : plan.allocations) {
    allocation.allocator->Return(allocation.first, allocation.length);
  }
}

void MapWriter::WriteService(const ServiceAddress& address,
                             WrittenService service, const Snapshot& snapshot,
                             TimePoint now) {
  ++service_changes_;
  const bool is_new = services_.count(address) == 0;
  WrittenService& written = services_[address];
  const WrittenService& before = written;  // until the end
  const bool new_table = before.source.table_size != service.source.table_size;
  if (is_new) ClearCounter(maps_.service_counters_fd(), service.id);
  for (auto& [backend_address, backend] : service.backends) {
    if (before.backends.count(backend_address) > 0) continue;
    ClearCounter(maps_.backend_counters_fd(), backend.id);
    SetNextHop(backend_address, snapshot, backend, now);
  }
  WriteLiveness(before, service);
  WriteTable(address, !new_table, service, now);
  if (new_table) PublishService(address, service);
  for (const auto& [backend_address, backend] : before.backends) {
    if (service.backends.count(backend_address) == 0) FreeBackend(backend, now);
  }
  if (!is_new && new_table) {
    VoidFlows(service);
    slots_.Forget(before.first_slot, before.slot_count());
    slot_ranges_.Free(before.first_slot, before.slot_count(), now);
    service_table_.records().Free(before.record, 1, now);
  }
  written = std::move(service);
}

// Before the slots: what these do depends on who is alive.
void MapWriter::WriteLiveness(const WrittenService& before,
                              WrittenService& service) {
  auto source = service.source.backends.begin();
  for (auto& [address, backend] : service.backends) {
    SetFlags(service, backend, source->second.alive,
             source->second.weight == 0);
    ++source;
  }
  for (auto [address, backend] : before.backends) {
    if (service.backends.count(address) == 0)
      SetFlags(before, backend, false, false);
  }
}

// With its death a backend's entries in the flow table become void: what comes
// back under the id, be it the same server, does not know those flows. Nor
// those that a packet on its way recorded when it was dead already.
void MapWriter::SetFlags(const ServicePlacement& service,
                         WrittenBackend& backend, bool alive, bool draining) {
  l275_backend& entry = maps_.backends()[backend.id];
  const bool changes = backend.alive != alive;
  if (changes && alive) ++revivals_;
  uint32_t flags = service.id << L275_BACKEND_SERVICE_SHIFT;
  if (alive) flags |= L275_BACKEND_ALIVE;
  if (alive && draining) flags |= L275_BACKEND_DRAINING;
  StoreHalf(entry.generation, entry.generation + (changes ? 1 : 0), flags);
  backend.alive = alive;
}

// The flows of a service that got a new table are at other backends now, and
// stay there.
void MapWriter::VoidFlows(const WrittenService& service) {
  ++revivals_;
  for (const auto& [address, backend] : service.backends) {
    l275_backend& entry = maps_.backends()[backend.id];
    StoreHalf(entry.generation, entry.generation + 1, entry.flags);
  }
}

void MapWriter::WriteTable(const ServiceAddress& address, bool keep_flows,
                           WrittenService& service, TimePoint now) {
  const std::vector<uint32_t> owners = OwnersOf(service);
  if (keep_flows) {
    slots_.Change(service.first_slot, owners, TickOf(now));
    UntrackIfUnused(address, service);
  } else {
    slots_.Fill(service.first_slot, owners);
  }
}

// A service that never forwarded a packet has no flows to keep: that of a
// standby, which is to decide as the active one does when it takes over. Looked
// at after the change: a packet that came meanwhile is counted.
void MapWriter::UntrackIfUnused(const ServiceAddress& address,
                                const WrittenService& service) {
  if (slots_.tracked() > 0 && used_.count(address) == 0 &&
      followed_.count(address) == 0 && !HasForwarded(service)) {
    slots_.SettleAll(service.first_slot, service.slot_count());
  }
}

// The backend id for each slot, 0 for none; counts each backend's slots.
std::vector<uint32_t> MapWriter::OwnersOf(WrittenService& service) {
  const std::vector<MaglevBackend> backends = TableBackendsOf(service.source);
  const std::vector<uint32_t>& table =
      tables_.Build(backends, service.slot_count());
  std::vector<uint32_t> owners(service.slot_count());
  std::vector<uint32_t> ids(backends.size());
  std::vector<uint32_t> counts(backends.size());
  for (size_t i = 0; i < backends.size(); ++i) {
    ids[i] = service.backends.at(backends[i].address).id;
  }
  for (size_t slot = 0; slot < table.size(); ++slot) {
    owners[slot] = ids[table[slot]];
    ++counts[table[slot]];
  }
  for (auto& [address, backend] : service.backends) backend.slots = 0;
  for (size_t i = 0; i < backends.size(); ++i) {
    service.backends.at(backends[i].address).slots = counts[i];
  }
  return owners;
}

void MapWriter::PublishService(const ServiceAddress& address,
                               const WrittenService& service) {
  l275_service value = {};
  value.hash_key = service.hash_key;
  value.first_slot = service.first_slot;
  value.slots = service.slot_count();
  value.id = service.id;
  service_table_.Publish(address, service.place, service.record, value);
}

void MapWriter::Settle(const std::function<bool(uint32_t slot)>& keeps_away,
                       uint32_t idle_ticks, TimePoint now) {
  if (slots_.tracked() == 0) return;
  for (const auto& [address, service] : services_) {
    if (followed_.count(address) > 0) continue;
    slots_.Settle(service.first_slot, service.slot_count(), TickOf(now),
                  idle_ticks, keeps_away);
  }
}

bool MapWriter::IsUsed(const ServiceAddress& address) const {
  if (used_.count(address) > 0) return true;
  const auto found = services_.find(address);
  return found != services_.end() && HasForwarded(found->second);
}

// When that cannot be found out: it has.
bool MapWriter::HasForwarded(const WrittenService& service) const {
  const absl::StatusOr<std::vector<l275_counter>> counters =
      ReadCounters(maps_.service_counters_fd(), {service.id});
  return !counters.ok() || (*counters)[0].packets > 0;
}

absl::StatusOr<uint32_t> MapWriter::Follow(const ServiceAddress& address,
                                           const PortableTable& table,
                                           absl::Span<const SlotRange> ranges,
                                           TimePoint now) {
  const auto found = services_.find(address);
  if (found == services_.end()) return NoService(address);
  const WrittenService& service = found->second;
  if (service.slot_count() != table.slots) {
    return OtherSize(address, service, table.slots);
  }
  return follower_.Follow(service, table, ranges, TickOf(now));
}

absl::StatusOr<uint32_t> MapWriter::Follow(const ServiceAddress& address,
                                           absl::Span<const SlotPlace> places,
                                           TimePoint now) {
  const auto found = services_.find(address);
  if (found == services_.end()) return NoService(address);
  const WrittenService& service = found->second;
  if (service.slot_count() != places.size()) {
    return OtherSize(address, service, places.size());
  }
  return follower_.Follow(service, places, TickOf(now));
}

void MapWriter::SetFollowed(std::set<ServiceAddress> services, TimePoint now) {
  std::swap(followed_, services);
  for (const ServiceAddress& address : services) {
    const auto found = services_.find(address);
    if (followed_.count(address) > 0 || found == services_.end()) continue;
    // When they changed last is not known here.
    slots_.Postpone(found->second.first_slot, found->second.slot_count(),
                    TickOf(now));
  }
}

void MapWriter::MoveNextHops(const Snapshot& snapshot, TimePoint now) {
  if (snapshot.next_hops == written_next_hops_) return;
  bool complete = true;
  for (auto& [service_address, service] : services_) {
    for (auto& [address, backend] : service.backends) {
      SetNextHop(address, snapshot, backend, now);
      if (backend.next_hop == 0 && snapshot.next_hops.count(address) > 0) {
        complete = false;
      }
    }
  }
  // What found no record is tried again with the next snapshot.
  written_next_hops_.reset();
  if (complete) written_next_hops_ = snapshot.next_hops;
  next_hops_.ReleaseAdopted(now);
}

void MapWriter::SetNextHop(Ipv4Address address, const Snapshot& snapshot,
                           WrittenBackend& backend, TimePoint now) {
  const auto next_hop = snapshot.next_hops.find(address);
  const uint32_t old = backend.next_hop;
  backend.next_hop = next_hop == snapshot.next_hops.end()
                         ? 0
                         : next_hops_.Acquire(next_hop->second, now);
  if (old == 0 && backend.next_hop != 0) before_first_record_();
  StoreHalf(maps_.backends()[backend.id].address, address.ToNetwork(),
            backend.next_hop);
  next_hops_.Release(old, now);
}

void MapWriter::FreeBackend(const WrittenBackend& backend, TimePoint now) {
  next_hops_.Release(backend.next_hop, now);
  backend_ids_.Free(backend.id, 1, now);
}

void MapWriter::RemoveService(const ServiceAddress& address, TimePoint now) {
  ++service_changes_;
  const auto found = services_.find(address);
  WrittenService& service = found->second;
  service_table_.Remove(service.place, now);
  service_table_.records().Free(service.record, 1, now);
  for (auto& [backend_address, backend] : service.backends) {
    SetFlags(service, backend, false, false);
    FreeBackend(backend, now);
  }
  slots_.Forget(service.first_slot, service.slot_count());
  slot_ranges_.Free(service.first_slot, service.slot_count(), now);
  service_ids_.Free(service.id, 1, now);
  services_.erase(found);
  used_.erase(address);
}

}  // namespace l275
