#include "lb/agent/dataplane/map_writer.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <glog/logging.h>

#include <cstring>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/flow_hash.h"
#include "common/status_util.h"
#include "lb/agent/dataplane/counters.h"

namespace l275 {
namespace {

l275_service_key KeyOf(const ServiceAddress& address) {
  l275_service_key key = {};
  key.vip = address.vip.ToNetwork();
  key.port = htons(address.port);
  key.protocol = address.protocol;
  return key;
}

// A backend is 8 bytes wide so that it changes in one store.
void StoreBackend(l275_backend& to, const l275_backend& from) {
  static_assert(sizeof(from) == sizeof(uint64_t), "one store");
  uint64_t word;
  memcpy(&word, &from, sizeof(word));
  __atomic_store_n(reinterpret_cast<uint64_t*>(&to), word, __ATOMIC_RELEASE);
}

std::vector<MaglevBackend> TableBackends(const SnapshotService& service) {
  std::vector<MaglevBackend> backends;
  for (const auto& [address, weight] : service.shares) {
    if (weight > 0) backends.push_back({address, weight});
  }
  return backends;
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
};

MapWriter::MapWriter(Maps* maps, uint64_t hash_seed)
    : maps_(*maps),
      hash_seed_(hash_seed),
      service_ids_(1, maps->sizes().services + 1),
      backend_ids_(1, maps->sizes().backends + 1),
      slot_ranges_(0, maps->sizes().slots),
      next_hops_(maps),
      devices_(maps) {}

absl::Status MapWriter::Write(const Snapshot& snapshot, TimePoint now) {
  Plan plan;
  absl::Status planned = MakePlan(snapshot, now, plan);
  if (!planned.ok()) {
    UndoPlan(plan);
    return planned;
  }
  devices_.AddEgress(snapshot);
  for (auto& [address, service] : plan.services) {
    WriteService(address, std::move(service), snapshot, now);
  }
  MoveNextHops(snapshot, now);
  for (auto it = services_.begin(); it != services_.end();) {
    const ServiceAddress address = (it++)->first;
    if (snapshot.services.count(address) == 0) RemoveService(address, now);
  }
  devices_.RemoveUnusedEgress(snapshot);
  devices_.WriteIngress(snapshot.ingress);
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
  WrittenService service;
  if (written != services_.end()) {
    service = written->second;
  } else {
    L275_RETURN_IF_ERROR(Allocate(service_ids_, 1, "services", "--max_services",
                                  now, plan, service.id));
    service.hash_key = l275_service_hash_key(
        hash_seed_, address.vip.ToNetwork(), address.protocol);
  }
  if (service.source.table_size != source.table_size) {
    L275_RETURN_IF_ERROR(Allocate(slot_ranges_, source.table_size, "slots",
                                  "--max_slots", now, plan,
                                  service.first_slot));
  }
  std::map<Ipv4Address, WrittenBackend> backends;
  for (const auto& [backend_address, weight] : source.shares) {
    const auto known = service.backends.find(backend_address);
    WrittenBackend& backend = backends[backend_address];
    if (known != service.backends.end()) {
      backend = known->second;
    } else {
      L275_RETURN_IF_ERROR(Allocate(backend_ids_, 1, "backends",
                                    "--max_backends", now, plan, backend.id));
    }
  }
  service.backends = std::move(backends);
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

void MapWriter::UndoPlan(const Plan& plan) {
  for (const Plan::Allocation& allocation : plan.allocations) {
    allocation.allocator->Return(allocation.first, allocation.length);
  }
}

void MapWriter::WriteService(const ServiceAddress& address,
                             WrittenService service, const Snapshot& snapshot,
                             TimePoint now) {
  ++service_changes_;
  const auto found = services_.find(address);
  const bool is_new = found == services_.end();
  const WrittenService before = is_new ? WrittenService() : found->second;
  if (is_new) ClearCounter(maps_.service_counters_fd(), service.id);
  for (auto& [backend_address, backend] : service.backends) {
    if (before.backends.count(backend_address) > 0) continue;
    ClearCounter(maps_.backend_counters_fd(), backend.id);
    SetNextHop(backend_address, snapshot, backend, now);
  }
  WriteTable(service);
  if (before.source.table_size != service.source.table_size) {
    PublishService(address, service);
  }
  for (const auto& [backend_address, backend] : before.backends) {
    if (service.backends.count(backend_address) == 0) FreeBackend(backend, now);
  }
  if (!is_new && before.source.table_size != service.source.table_size) {
    slot_ranges_.Free(before.first_slot, before.source.table_size, now);
  }
  services_[address] = std::move(service);
}

void MapWriter::WriteTable(WrittenService& service) {
  const std::vector<MaglevBackend> backends = TableBackends(service.source);
  const std::vector<uint32_t>& table =
      tables_.Build(backends, service.source.table_size);
  for (auto& [address, backend] : service.backends) backend.slots = 0;
  std::vector<WrittenBackend*> owners;
  owners.reserve(backends.size());
  for (const MaglevBackend& backend : backends) {
    owners.push_back(&service.backends.at(backend.address));
  }
  uint32_t* const slots = maps_.slots() + service.first_slot;
  for (uint32_t slot = 0; slot < service.source.table_size; ++slot) {
    WrittenBackend* const owner = table.empty() ? nullptr : owners[table[slot]];
    const uint32_t id = owner == nullptr ? 0 : owner->id;
    if (owner != nullptr) ++owner->slots;
    if (slots[slot] != id) {
      __atomic_store_n(&slots[slot], id, __ATOMIC_RELEASE);
    }
  }
}

void MapWriter::PublishService(const ServiceAddress& address,
                               const WrittenService& service) {
  const l275_service_key key = KeyOf(address);
  l275_service value = {};
  value.hash_key = service.hash_key;
  value.first_slot = service.first_slot;
  value.slots = service.source.table_size;
  value.id = service.id;
  // The map has an entry for every id, and the id was free.
  PCHECK(bpf_map_update_elem(maps_.services_fd(), &key, &value, BPF_ANY) == 0)
      << "bpf_map_update_elem(services, " << address.ToString() << ")";
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
  if (complete) written_next_hops_ = snapshot.next_hops;
}

void MapWriter::SetNextHop(Ipv4Address address, const Snapshot& snapshot,
                           WrittenBackend& backend, TimePoint now) {
  const auto next_hop = snapshot.next_hops.find(address);
  const uint32_t old = backend.next_hop;
  backend.next_hop = next_hop == snapshot.next_hops.end()
                         ? 0
                         : next_hops_.Acquire(next_hop->second, now);
  l275_backend entry = {};
  entry.address = address.ToNetwork();
  entry.next_hop = backend.next_hop;
  StoreBackend(maps_.backends()[backend.id], entry);
  next_hops_.Release(old, now);
}

void MapWriter::FreeBackend(const WrittenBackend& backend, TimePoint now) {
  next_hops_.Release(backend.next_hop, now);
  backend_ids_.Free(backend.id, 1, now);
}

void MapWriter::RemoveService(const ServiceAddress& address, TimePoint now) {
  ++service_changes_;
  const auto found = services_.find(address);
  const WrittenService& service = found->second;
  const l275_service_key key = KeyOf(address);
  PCHECK(bpf_map_delete_elem(maps_.services_fd(), &key) == 0)
      << "bpf_map_delete_elem(services, " << address.ToString() << ")";
  for (const auto& [backend_address, backend] : service.backends) {
    FreeBackend(backend, now);
  }
  slot_ranges_.Free(service.first_slot, service.source.table_size, now);
  service_ids_.Free(service.id, 1, now);
  services_.erase(found);
}

}  // namespace l275
