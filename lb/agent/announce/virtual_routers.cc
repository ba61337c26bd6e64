#include "lb/agent/announce/virtual_routers.h"

#include <algorithm>
#include <iterator>

namespace l275 {
namespace {

constexpr uint8_t kIpv4Prefix[] = {0x00, 0x00, 0x5e, 0x00, 0x01};

bool IsVirtualRouter(const Link& link) {
  return link.kind == "macvlan" &&
         std::equal(std::begin(kIpv4Prefix), std::end(kIpv4Prefix),
                    link.mac.begin());
}

bool HasAddress(const std::vector<HostAddress>& addresses, uint32_t ifindex) {
  return std::any_of(
      addresses.begin(), addresses.end(),
      [ifindex](const HostAddress& a) { return a.ifindex == ifindex; });
}

bool HasVipElsewhere(const std::map<uint32_t, Link>& links,
                     const std::vector<HostAddress>& addresses,
                     const std::set<Ipv4Address>& vips) {
  return std::any_of(
      addresses.begin(), addresses.end(), [&](const HostAddress& address) {
        const auto link = links.find(address.ifindex);
        return vips.count(address.address) > 0 &&
               (link == links.end() || !IsVirtualRouter(link->second));
      });
}

// Where frames for a device on top of `lower` come in: there, or at the ports
// of it where it is a bond.
std::vector<uint32_t> IngressOf(uint32_t lower,
                                const std::map<uint32_t, Link>& links,
                                const std::map<uint32_t, MacAddress>& ingress) {
  std::vector<uint32_t> of_lower;
  for (const auto& [ifindex, mac] : ingress) {
    const auto link = links.find(ifindex);
    const uint32_t master = link == links.end() ? 0 : link->second.master;
    if (ifindex == lower || (master != 0 && master == lower)) {
      of_lower.push_back(ifindex);
    }
  }
  return of_lower;
}

}  // namespace

std::map<uint32_t, VirtualRouters> FindVirtualRouters(
    const std::map<uint32_t, Link>& links,
    const std::vector<HostAddress>& addresses,
    const std::map<uint32_t, MacAddress>& ingress,
    const std::set<Ipv4Address>& vips) {
  const bool vip_elsewhere = HasVipElsewhere(links, addresses, vips);
  std::map<uint32_t, VirtualRouters> routers;
  for (const auto& [ifindex, link] : links) {
    if (!IsVirtualRouter(link)) continue;
    const bool active =
        link.up && (HasAddress(addresses, ifindex) || vip_elsewhere);
    for (uint32_t interface : IngressOf(link.lower, links, ingress)) {
      routers[interface].member.insert(link.mac.back());
      if (active) routers[interface].active.insert(link.mac.back());
    }
  }
  return routers;
}

}  // namespace l275
