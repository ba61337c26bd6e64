#ifndef L275_LB_AGENT_ANNOUNCE_VIRTUAL_ROUTERS_H_
#define L275_LB_AGENT_ANNOUNCE_VIRTUAL_ROUTERS_H_

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "common/net/ipv4_address.h"
#include "common/net/mac_address.h"
#include "lb/agent/announce/host_address.h"
#include "lb/agent/nexthop/link.h"
#include "lb/agent/publish/virtual_routers.h"

namespace l275 {

// The VRRP virtual routers of which this host's interfaces are members, by the
// ifindex of the interface on which their frames come in.
//
// Who runs VRRP with the virtual routers' own MAC addresses (keepalived:
// use_vmac; FRR) makes a macvlan device for each on top of the interface. It
// has the address 00-00-5E-00-01-VRID (RFC 9568, section 7.3), and IPv4
// addresses while this host is the active one. FRR leaves the addresses there
// and takes the device down.
//
// keepalived can be told to put the VIPs on another device (`dev` in
// virtual_ipaddress). Then nothing says which virtual router they belong to:
// while this host has a VIP on a device that is no virtual router's, it counts
// as the active one of each whose device is up.
std::map<uint32_t, VirtualRouters> FindVirtualRouters(
    const std::map<uint32_t, Link>& links,
    const std::vector<HostAddress>& addresses,
    const std::map<uint32_t, MacAddress>& ingress,
    const std::set<Ipv4Address>& vips);

}  // namespace l275

#endif  // L275_LB_AGENT_ANNOUNCE_VIRTUAL_ROUTERS_H_
