#ifndef L275_LB_AGENT_NEXTHOP_ROUTE_RESOLVER_H_
#define L275_LB_AGENT_NEXTHOP_ROUTE_RESOLVER_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "common/net/ipv4_address.h"
#include "common/netlink/netlink_client.h"

namespace l275 {

// The kernel's route to a destination. A value.
struct Route {
  uint32_t ifindex = 0;                // that frames leave through
  std::optional<Ipv4Address> gateway;  // none: the destination is on link
  // Why no backend can be at the end of this route; empty: one can. The packets
  // that a backend gets still have the VIP for their destination, so nobody but
  // the backend itself may be the next hop: a router would send them back here.
  std::string unusable;
};

// Asks the kernel how a packet of this host to `destination` would go, routing
// rules (ip-rule(8)), metrics and multipath included.
//
// NotFound, with the reason: the kernel has no route, or a forbidding one.
// Another error: the kernel could not answer.
absl::StatusOr<Route> ResolveRoute(NetlinkClient& client,
                                   Ipv4Address destination);

}  // namespace l275

#endif  // L275_LB_AGENT_NEXTHOP_ROUTE_RESOLVER_H_
