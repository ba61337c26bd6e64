#ifndef L275_LB_AGENT_NEXTHOP_LINK_H_
#define L275_LB_AGENT_NEXTHOP_LINK_H_

#include <cstdint>
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
  // Of a virtual device, as in ip-link(8): "veth", "bridge"; empty for a NIC.
  std::string kind;

  // Whether its kind of device can send a frame that XDP redirects to it
  // (ndo_xdp_xmit). True for a NIC, whose driver may know better.
  bool CanSendXdpFrames() const;

  friend bool operator==(const Link& a, const Link& b) {
    return std::tie(a.ifindex, a.name, a.mac, a.ethernet, a.up, a.kind) ==
           std::tie(b.ifindex, b.name, b.mac, b.ethernet, b.up, b.kind);
  }
  friend bool operator!=(const Link& a, const Link& b) { return !(a == b); }
};

}  // namespace l275

#endif  // L275_LB_AGENT_NEXTHOP_LINK_H_
