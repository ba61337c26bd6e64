#ifndef L275_LB_AGENT_PUBLISH_WRITTEN_SERVICE_H_
#define L275_LB_AGENT_PUBLISH_WRITTEN_SERVICE_H_

#include <cstdint>
#include <map>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "common/net/ipv4_address.h"
#include "common/net/service_address.h"
#include "lb/agent/publish/snapshot.h"

namespace l275 {

// Where a service of the snapshot is in the maps.

struct WrittenBackend {
  uint32_t id = 0;        // in `backends` and `backend_counters`
  uint32_t next_hop = 0;  // id in `next_hops`
  uint32_t slots = 0;     // that it owns
  bool alive = false;     // as written
};

struct ServicePlacement {
  uint32_t id = 0;      // in `service_counters`
  uint32_t place = 0;   // see ServiceWriter
  uint32_t record = 0;  // in `services`
  uint64_t hash_key = 0;
  uint32_t first_slot = 0;
};

struct WrittenService : ServicePlacement {
  SnapshotService source;                          // what it was written from
  std::map<Ipv4Address, WrittenBackend> backends;  // those of `source`

  uint32_t slot_count() const { return source.table_size; }
};

using WrittenServices = std::map<ServiceAddress, WrittenService>;

// NotFound: there is no such service.
inline absl::StatusOr<const WrittenService*> FindService(
    const WrittenServices& services, const ServiceAddress& address) {
  const auto found = services.find(address);
  if (found != services.end()) return &found->second;
  return absl::NotFoundError(
      absl::StrCat("there is no service ", address.ToString()));
}

}  // namespace l275

#endif  // L275_LB_AGENT_PUBLISH_WRITTEN_SERVICE_H_
