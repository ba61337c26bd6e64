#ifndef L275_LB_AGENT_NEXTHOP_LINK_H_
#define L275_LB_AGENT_NEXTHOP_LINK_H_

#include <cstdint>
#include <string>
#include <tuple>

#include "common/net/mac_address.h"

namespace l275 {

// A network interface, as far as it matters to the load balancer. A value.
struct Link {
  uint32_t ifindex = 0;
  std::string name;
  MacAddress mac{};       // zero unless `ethernet`
  bool ethernet = false;  // ARPHRD_ETHER: frames have Ethernet headers
  bool up = false;        // set up and operational: up, and has a carrier
  // Of a virtual device, as in ip-link(8): "veth", "bridge"; empty for a NIC.
  std::string kind;
  // The interface on which a virtual one such as a macvlan lies; 0: none. Of a
  // veth it is the other end, whose index may be of another namespace.
  uint32_t lower = 0;
  uint32_t master = 0;       // the bridge or bond that it is a port of; 0: none
  uint32_t xdp_program = 0;  // the id of the XDP program on it; 0: none

  // Whether its kind of device can send a frame that XDP redirects to it
  // (ndo_xdp_xmit). True for a NIC, whose driver may know better.
  bool CanSendXdpFrames() const;

  auto AsTuple() const {
    return std::tie(ifindex, name, mac, ethernet, up, kind, lower, master,
                    xdp_program);
  }
  friend bool operator==(const Link& a, const Link& b) {
    return a.AsTuple() == b.AsTuple();
  }
  friend bool operator!=(const Link& a, const Link& b) { return !(a == b); }
};

}  // namespace l275

#endif  // L275_LB_AGENT_NEXTHOP_LINK_H_
