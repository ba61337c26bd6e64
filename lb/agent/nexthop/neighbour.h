#ifndef L275_LB_AGENT_NEXTHOP_NEIGHBOUR_H_
#define L275_LB_AGENT_NEXTHOP_NEIGHBOUR_H_

#include <linux/netlink.h>

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>

#include "common/net/ipv4_address.h"
#include "common/net/mac_address.h"

namespace l275 {

// What names an entry of the kernel's neighbour (ARP) table.
struct NeighbourKey {
  uint32_t ifindex = 0;
  Ipv4Address address;

  friend bool operator==(const NeighbourKey& a, const NeighbourKey& b) {
    return a.ifindex == b.ifindex && a.address == b.address;
  }
  friend bool operator<(const NeighbourKey& a, const NeighbourKey& b) {
    return std::tie(a.ifindex, a.address) < std::tie(b.ifindex, b.address);
  }
};

// An entry of the kernel's neighbour table. A value.
struct Neighbour {
  NeighbourKey key;
  uint16_t state = 0;             // NUD_...
  std::optional<MacAddress> mac;  // as stored, usable or not
  bool managed = false;           // NTF_EXT_MANAGED: the kernel keeps it fresh
  bool learned = false;           // NTF_EXT_LEARNED: a control plane owns it

  // Whether frames may be sent to `mac` now.
  bool IsUsable() const;
  // Whether it was made by somebody who says that ARP has no say in it.
  bool IsFixed() const;
};

// Why the address is not that of one host: zero, broadcast or multicast; empty:
// it can be one. An ARP answer that names such an address must not be believed
// (RFC 1812, 3.3.2): every host of the network would get the frames.
std::string WhyNotOneHost(const MacAddress& mac);

// A state, NUD_..., as ip-neighbour(8) prints it: "reachable", "failed".
const char* NeighbourStateWord(uint16_t state);

// From an RTM_NEWNEIGH or RTM_DELNEIGH message; none for another family's.
std::optional<Neighbour> ParseNeighbour(nlmsghdr* message);

}  // namespace l275

#endif  // L275_LB_AGENT_NEXTHOP_NEIGHBOUR_H_
