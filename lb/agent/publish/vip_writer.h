#ifndef L275_LB_AGENT_PUBLISH_VIP_WRITER_H_
#define L275_LB_AGENT_PUBLISH_VIP_WRITER_H_

#include <set>

#include "common/net/ipv4_address.h"
#include "lb/agent/maps/maps.h"
#include "lb/agent/publish/snapshot.h"

namespace l275 {

// The map writer's hand for `vips`: every address that has a service. The map
// is an agent's own, so there is nothing to adopt.
class VipWriter {
 public:
  explicit VipWriter(const Maps* maps) : maps_(*maps) {}

  // Adds those of the snapshot's services.
  void Add(const Snapshot& snapshot);
  // Takes away those that have no service any more.
  void RemoveUnused(const Snapshot& snapshot);

 private:
  const Maps& maps_;
  std::set<Ipv4Address> vips_;
};

}  // namespace l275

#endif  // L275_LB_AGENT_PUBLISH_VIP_WRITER_H_
