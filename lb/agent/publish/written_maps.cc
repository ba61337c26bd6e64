#include "lb/agent/publish/written_maps.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/os/status_util.h"
#include "lb/agent/publish/service_writer.h"

namespace l275 {
namespace {

class Reader {
 public:
  explicit Reader(const Maps& maps) : maps_(maps) {}

  absl::StatusOr<WrittenMaps> Read() && {
    L275_RETURN_IF_ERROR(ReadServices());
    ReadAdoptedBackends();
    for (auto& [address, service] : written_.services) {
      L275_RETURN_IF_ERROR(ReadSlots(address, service));
      FillSource(service);
    }
    return std::move(written_);
  }

 private:
  absl::Status ReadServices() {
    const uint32_t places =
        maps_.service_buckets().size() * L275_BUCKET_ENTRIES;
    for (uint32_t place = 0; place < places; ++place) {
      const l275_service_bucket& bucket =
          maps_.service_buckets()[place / L275_BUCKET_ENTRIES];
      const uint32_t entry = place % L275_BUCKET_ENTRIES;
      if (bucket.key[entry] == 0) continue;
      L275_RETURN_IF_ERROR(ReadService(ServiceAddressOf(bucket.key[entry]),
                                       place, bucket.record[entry]));
    }
    return absl::OkStatus();
  }

  absl::Status ReadService(const ServiceAddress& address, uint32_t place,
                           uint32_t record) {
    if (record == 0 || record >= maps_.services().size()) {
      return Contradiction(address, "record", record);
    }
    const l275_service& entry = maps_.services()[record];
    if (entry.id == 0 || entry.id > maps_.sizes().services) {
      return Contradiction(address, "id", entry.id);
    }
    if (entry.slots == 0 || entry.slots > maps_.sizes().slots ||
        entry.first_slot > maps_.sizes().slots - entry.slots) {
      return Contradiction(address, "first slot", entry.first_slot);
    }
    WrittenService service;
    service.id = entry.id;
    service.place = place;
    service.record = record;
    service.hash_key = entry.hash_key;
    service.first_slot = entry.first_slot;
    service.source.table_size = entry.slots;
    const auto [position, is_new] =
        written_.services.emplace(address, std::move(service));
    if (!is_new) return Contradiction(address, "second place", place);
    if (!by_id_.emplace(entry.id, &position->second).second) {
      return Contradiction(address, "id, which is another's too:", entry.id);
    }
    return absl::OkStatus();
  }

  void ReadAdoptedBackends() {
    for (uint32_t id = 1; id <= maps_.sizes().backends; ++id) {
      if (maps_.IsAlive(id)) Add(id);
    }
  }

  absl::Status ReadSlots(const ServiceAddress& address,
                         WrittenService& service) {
    std::map<uint32_t, WrittenBackend*> backends;
    for (auto& [unused, backend] : service.backends) {
      backends[backend.id] = &backend;
    }
    for (uint32_t i = 0; i < service.slot_count(); ++i) {
      const uint32_t slot = service.first_slot + i;
      const SlotWord word = maps_.slot(slot);
      const uint32_t prior = word.tracked() ? maps_.prior(slot).backend() : 0;
      const auto owner = backends.find(word.owner());
      if (owner != backends.end()) ++owner->second->slots;
      for (uint32_t id : {word.owner(), prior}) {
        if (id > maps_.sizes().backends) {
          return Contradiction(address, "backend id in a slot:", id);
        }
        if (id != 0 && backends.count(id) == 0) written_.orphans.insert(id);
      }
    }
    return absl::OkStatus();
  }

  // One that lives. Its service may be gone: an agent can end between any two
  // stores.
  void Add(uint32_t id) {
    const l275_backend& entry = maps_.backends()[id];
    const auto service = by_id_.find(entry.flags >> L275_BACKEND_SERVICE_SHIFT);
    if (service != by_id_.end()) {
      WrittenBackend backend;
      backend.id = id;
      backend.next_hop = entry.next_hop;
      backend.alive = true;
      const Ipv4Address address = Ipv4Address::FromNetwork(entry.address);
      if (service->second->backends.emplace(address, backend).second) return;
    }
    written_.orphans.insert(id);
  }

  static void FillSource(WrittenService& service) {
    for (const auto& [address, backend] : service.backends) {
      service.source.backends[address] = {WrittenMaps::kUnknownWeight, true};
    }
  }

  static absl::Status Contradiction(const ServiceAddress& address,
                                    const char* what, uint32_t value) {
    return absl::FailedPreconditionError(
        absl::StrCat(address.ToString(), " has an impossible ", what, " ",
                     value, " in the maps"));
  }

  const Maps& maps_;
  WrittenMaps written_;
  std::map<uint32_t, WrittenService*> by_id_;
};

}  // namespace

absl::StatusOr<WrittenMaps> WrittenMaps::Read(const Maps& maps) {
  return Reader(maps).Read();
}

}  // namespace l275
