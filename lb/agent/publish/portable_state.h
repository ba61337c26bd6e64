#ifndef L275_LB_AGENT_PUBLISH_PORTABLE_STATE_H_
#define L275_LB_AGENT_PUBLISH_PORTABLE_STATE_H_

#include <cstdint>
#include <vector>

#include "common/abi/map_layout.h"
#include "common/net/ipv4_address.h"
#include "lb/agent/table/maglev.h"

namespace l275 {

// Where the flows of a service belong, told so that other maps can take it,
// those of another load balancer or of another size: backends go by their
// addresses, slots by their place in the service's table, time by age.

// Says which backend owns each slot; see BuildMaglevTable().
struct PortableTable {
  uint32_t slots = 0;
  std::vector<MaglevBackend> backends;

  friend bool operator==(const PortableTable& a, const PortableTable& b) {
    return a.slots == b.slots && a.backends == b.backends;
  }
};

// Some slots that lie side by side. The last range of a table has fewer.
struct SlotRange {
  static constexpr uint32_t kSlots = 64;

  uint32_t index = 0;                 // of slots kSlots * index and following
  uint64_t tracked = 0;               // bit i is the i-th of them
  std::vector<Ipv4Address> priors{};  // of each that is tracked; 0.0.0.0: none

  friend bool operator==(const SlotRange& a, const SlotRange& b) {
    return a.index == b.index && a.tracked == b.tracked && a.priors == b.priors;
  }
};

inline uint32_t RangesOf(uint32_t slots) {
  return (slots + SlotRange::kSlots - 1) / SlotRange::kSlots;
}

// Where flows of one slot go that have no entry.
struct SlotPlace {
  Ipv4Address backend;   // 0.0.0.0: nowhere
  bool tracked = false;  // others may have one, that points elsewhere

  friend bool operator==(const SlotPlace& a, const SlotPlace& b) {
    return a.backend == b.backend && a.tracked == b.tracked;
  }
};

// An entry of the flow table.
struct PortableFlow {
  l275_flow_key key{};
  Ipv4Address backend;
  uint32_t age = 0;   // ticks since its last packet
  uint32_t mark = 0;  // see common/abi/flow_mark.h
};

}  // namespace l275

#endif  // L275_LB_AGENT_PUBLISH_PORTABLE_STATE_H_
