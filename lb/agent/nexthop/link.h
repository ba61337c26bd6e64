#ifndef L275_LB_AGENT_NEXTHOP_LINK_H_
#define L275_LB_AGENT_NEXTHOP_LINK_H_

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>

#include "common/mac_address.h"

namespace l275 {

// A network interface, as far as it matters to next hops. A value.
struct Link {
  uint32_t ifindex = 0;
  std::string name;
  MacAddress mac{};       // zero unless `ethernet`
  bool ethernet = false;  // ARPHRD_ETHER: frames have Ethernet headers
  bool up = false;        // set up and operational: up, and has a carrier
  std::optional<uint32_t> master;  // ifindex of its bridge, bond or VRF

  friend bool operator==(const Link& a, const Link& b) {
    return std::tie(a.ifindex, a.name, a.mac, a.ethernet, a.up, a.master) ==
           std::tie(b.ifindex, b.name, b.mac, b.ethernet, b.up, b.master);
  }
  friend bool operator!=(const Link& a, const Link& b) { return !(a == b); }
};

}  // namespace l275

#endif  // L275_LB_AGENT_NEXTHOP_LINK_H_
