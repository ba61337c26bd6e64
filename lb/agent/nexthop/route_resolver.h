#ifndef L275_LB_AGENT_NEXTHOP_ROUTE_RESOLVER_H_
#define L275_LB_AGENT_NEXTHOP_ROUTE_RESOLVER_H_

#include <cstdint>
#include <optional>

#include "absl/status/statusor.h"
#include "common/ipv4_address.h"
#include "common/netlink/netlink_client.h"

namespace l275 {

// The way to a destination. A value.
struct Route {
  uint32_t ifindex = 0;                // that frames leave through
  std::optional<Ipv4Address> gateway;  // none: the destination is on link

  // Whose MAC address frames to `destination` carry.
  Ipv4Address Neighbour(Ipv4Address destination) const {
    return gateway.value_or(destination);
  }

  friend bool operator==(const Route& a, const Route& b) {
    return a.ifindex == b.ifindex && a.gateway == b.gateway;
  }
};

// Asks the kernel how a packet of this host to `destination` would go, routing
// rules (ip-rule(8)), metrics and multipath included.
//
// NotFound, with the reason: the kernel has no route, a forbidding one, or one
// that a frame with IPv4 cannot simply follow to another host (a local address,
// a broadcast, a gateway reached by IPv6, a tunnel's encapsulation). Another
// error: the kernel could not answer.
absl::StatusOr<Route> ResolveRoute(NetlinkClient& client,
                                   Ipv4Address destination);

}  // namespace l275

#endif  // L275_LB_AGENT_NEXTHOP_ROUTE_RESOLVER_H_
