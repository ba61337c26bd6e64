#ifndef L275_LB_AGENT_PUBLISH_WRITTEN_MAPS_H_
#define L275_LB_AGENT_PUBLISH_WRITTEN_MAPS_H_

#include <cstdint>
#include <map>
#include <set>

#include "absl/status/statusor.h"
#include "common/net/service_address.h"
#include "lb/agent/maps/maps.h"
#include "lb/agent/publish/written_service.h"

namespace l275 {

// What an earlier agent left in maps, wherever it was when it ended.
//
// The maps say which backends live and where slots point; they do not say what
// was declared. So a service's `source` is only as true as it has to be for the
// next snapshot to be compared with: it has the table's size, and backends of a
// weight that no snapshot has.
struct WrittenMaps {
  // A weight that no snapshot has.
  static constexpr uint32_t kUnknownWeight = ~0u;

  std::map<ServiceAddress, WrittenService> services;
  // Backend ids that belong to none of these services, and are alive, or in a
  // slot.
  std::set<uint32_t> orphans;

  // FailedPrecondition names what contradicts itself: then nothing that the
  // maps hold can be relied on.
  static absl::StatusOr<WrittenMaps> Read(const Maps& maps);
};

}  // namespace l275

#endif  // L275_LB_AGENT_PUBLISH_WRITTEN_MAPS_H_
