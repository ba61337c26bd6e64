#ifndef L275_LB_AGENT_PUBLISH_DEVICE_WRITER_H_
#define L275_LB_AGENT_PUBLISH_DEVICE_WRITER_H_

#include <cstdint>
#include <map>
#include <set>

#include "common/net/mac_address.h"
#include "lb/agent/maps/maps.h"
#include "lb/agent/publish/snapshot.h"
#include "lb/agent/publish/virtual_routers.h"

namespace l275 {

// The map writer's hand for what the program knows of interfaces: its own MAC
// addresses and the slow path's queues (`ingress`), their VRRP virtual routers
// (`virtual_routers`), and where it may redirect to (`egress`).
class DeviceWriter {
 public:
  explicit DeviceWriter(const Maps* maps) : maps_(*maps) {}

  // Takes what an earlier agent wrote for its own.
  void Adopt();

  // Interfaces that went away meanwhile are logged, not errors: the kernel
  // takes them out of `egress` by itself.
  void WriteIngress(const Snapshot& snapshot);
  // By ifindex. What is not named has none.
  void SetVirtualRouters(std::map<uint32_t, VirtualRouters> routers);
  // Adds the interfaces of the next hops.
  void AddEgress(const Snapshot& snapshot);
  // Takes away those that no next hop uses any more.
  void RemoveUnusedEgress(const Snapshot& snapshot);

 private:
  const Maps& maps_;
  std::map<uint32_t, MacAddress> ingress_;
  std::map<uint32_t, SlowPathQueues> slow_path_;
  std::map<uint32_t, VirtualRouters> virtual_routers_;
  std::set<uint32_t> egress_;
};

}  // namespace l275

#endif  // L275_LB_AGENT_PUBLISH_DEVICE_WRITER_H_
