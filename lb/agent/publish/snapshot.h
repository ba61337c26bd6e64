#ifndef L275_LB_AGENT_PUBLISH_SNAPSHOT_H_
#define L275_LB_AGENT_PUBLISH_SNAPSHOT_H_

#include <cstdint>
#include <map>
#include <tuple>
#include <vector>

#include "common/net/ipv4_address.h"
#include "common/net/mac_address.h"
#include "common/net/service_address.h"
#include "lb/agent/table/maglev.h"

namespace l275 {

// All that the data plane must know, as a value: made of desired state, health
// and next hops, handed to the map writer, never changed.

struct SnapshotBackend {
  uint32_t weight = 0;  // share of new flows; 0 gets none, for whatever reason
  bool alive = true;    // keeps the flows that it has

  friend bool operator==(const SnapshotBackend& a, const SnapshotBackend& b) {
    return a.weight == b.weight && a.alive == b.alive;
  }
};

struct SnapshotService {
  uint32_t table_size = 0;  // slots
  std::map<Ipv4Address, SnapshotBackend> backends;

  friend bool operator==(const SnapshotService& a, const SnapshotService& b) {
    return a.table_size == b.table_size && a.backends == b.backends;
  }
};

// What its table is made of.
inline std::vector<MaglevBackend> TableBackendsOf(
    const SnapshotService& service) {
  std::vector<MaglevBackend> backends;
  for (const auto& [address, backend] : service.backends) {
    if (backend.weight > 0) backends.push_back({address, backend.weight});
  }
  return backends;
}

struct NextHopRecord {
  uint32_t ifindex = 0;
  MacAddress destination{};
  MacAddress source{};

  friend bool operator==(const NextHopRecord& a, const NextHopRecord& b) {
    return std::tie(a.ifindex, a.destination, a.source) ==
           std::tie(b.ifindex, b.destination, b.source);
  }
  friend bool operator<(const NextHopRecord& a, const NextHopRecord& b) {
    return std::tie(a.ifindex, a.destination, a.source) <
           std::tie(b.ifindex, b.destination, b.source);
  }
};

// The receive queues of an interface, as places of the map `slow_path`.
struct SlowPathQueues {
  uint32_t first = 0;
  uint16_t count = 0;

  friend bool operator==(const SlowPathQueues& a, const SlowPathQueues& b) {
    return a.first == b.first && a.count == b.count;
  }
};

struct Snapshot {
  std::map<ServiceAddress, SnapshotService> services;
  // By backend address; absent while there is none.
  std::map<Ipv4Address, NextHopRecord> next_hops;
  // The interfaces on which the program is attached: ifindex -> own MAC
  // address.
  std::map<uint32_t, MacAddress> ingress;
  // Of those of them that have a slow path.
  std::map<uint32_t, SlowPathQueues> slow_path;
};

}  // namespace l275

#endif  // L275_LB_AGENT_PUBLISH_SNAPSHOT_H_
