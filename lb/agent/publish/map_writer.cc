#include "lb/agent/publish/map_writer.h"

#include <glog/logging.h>

#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/abi/flow_hash.h"
#include "common/os/status_util.h"
#include "lb/agent/maps/counters.h"
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

}  // namespace

MapWriter::MapWriter(Maps* maps, uint64_t hash_seed)
    : maps_(*maps),
      hash_seed_(hash_seed),
      service_ids_(1, maps->sizes().services + 1),
      backend_ids_(1, maps->sizes().backends + 1),
      slot_ranges_(0, maps->sizes().slots),
      service_table_(maps),
      next_hops_(maps),
      devices_(maps),
      vips_(maps),
      tracker_(maps, &services_) {}

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
  tracker_.Adopt(address, service, now);
  return absl::OkStatus();
}

// Slots may point to it until the next Write() is over.
void MapWriter::AdoptOrphan(uint32_t backend) {
  l275_backend& entry = maps_.backends()[backend];
  if (maps_.IsAlive(backend)) {
    StoreHalf(entry.generation, entry.generation + 1, 0);
  }
  if (backend_ids_.Reserve(backend, 1)) orphans_.push_back(backend);
}

void MapWriter::FreeOrphans(TimePoint now) {
  for (uint32_t backend : orphans_) backend_ids_.Free(backend, 1, now);
  orphans_.clear();
}

absl::Status MapWriter::CheckFits(const Snapshot& snapshot, TimePoint now) {
  WritePlan plan(&service_table_, now);
  return PlanServices(snapshot, &plan);
}

absl::Status MapWriter::Write(const Snapshot& snapshot, TimePoint now) {
  WritePlan plan(&service_table_, now);
  L275_RETURN_IF_ERROR(PlanServices(snapshot, &plan));
  devices_.AddEgress(snapshot);
  vips_.Add(snapshot);
  for (auto& [address, service] : std::move(plan).CarryOut()) {
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

absl::Status MapWriter::PlanServices(const Snapshot& snapshot,
                                     WritePlan* plan) {
  for (const auto& [address, source] : snapshot.services) {
    L275_RETURN_IF_ERROR(PlanService(address, source, plan));
  }
  return absl::OkStatus();
}

absl::Status MapWriter::PlanService(const ServiceAddress& address,
                                    const SnapshotService& source,
                                    WritePlan* plan) {
  const auto written = services_.find(address);
  const bool is_new = written == services_.end();
  const WrittenService none;
  const WrittenService& before = is_new ? none : written->second;
  if (!is_new && before.source == source) return absl::OkStatus();
  WrittenService service;
  static_cast<ServicePlacement&>(service) = before;
  if (is_new) {
    L275_RETURN_IF_ERROR(plan->Allocate(&service_ids_, 1, "services",
                                        "--max_services", &service.id));
    L275_RETURN_IF_ERROR(plan->ReservePlace(address, &service.place));
    service.hash_key = l275_service_hash_key(
        hash_seed_, address.vip.ToNetwork(), address.protocol);
  }
  if (before.source.table_size != source.table_size) {
    L275_RETURN_IF_ERROR(plan->Allocate(&slot_ranges_, source.table_size,
                                        "slots", "--max_slots",
                                        &service.first_slot));
    L275_RETURN_IF_ERROR(plan->Allocate(&service_table_.records(), 1,
                                        "service records", "--max_services",
                                        &service.record));
  }
  for (const auto& [backend_address, unused] : source.backends) {
    const auto known = before.backends.find(backend_address);
    WrittenBackend& backend =
        service.backends.try_emplace(service.backends.end(), backend_address)
            ->second;
    if (known != before.backends.end()) {
      backend = known->second;
    } else {
      L275_RETURN_IF_ERROR(plan->Allocate(&backend_ids_, 1, "backends",
                                          "--max_backends", &backend.id));
    }
  }
  service.source = source;
  plan->Add(address, std::move(service));
  return absl::OkStatus();
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
    tracker_.Forget(before);
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
  tracker_.Change(address, service, OwnersOf(service), keep_flows, now);
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
  tracker_.Remove(address, service);
  slot_ranges_.Free(service.first_slot, service.slot_count(), now);
  service_ids_.Free(service.id, 1, now);
  services_.erase(found);
}

}  // namespace l275
