#ifndef L275_LB_AGENT_NEXTHOP_NEXT_HOP_H_
#define L275_LB_AGENT_NEXTHOP_NEXT_HOP_H_

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>

#include "common/net/ipv4_address.h"
#include "common/net/mac_address.h"

namespace l275 {

// How a frame to a backend leaves this host. A value.
struct NextHop {
  enum class State {
    kReady,        // all fields but `reason` hold
    kNoRoute,      // the kernel has no route, or its interface is down
    kNoNeighbour,  // the MAC address of the backend is not known
    // The route leads to something else than a server: this host, a broadcast
    // address, a router. No frame is sent there.
    kUnusable,
  };

  State state = State::kNoRoute;
  std::string reason;     // for people: why it is not ready; else empty
  uint32_t ifindex = 0;   // 0 when no interface is known
  std::string interface;  // its name
  std::optional<Ipv4Address> gateway;  // of the route; only when unusable
  MacAddress destination{};            // of the backend
  MacAddress source{};                 // of the interface
  // The kernel has been asking for the MAC address, without an answer, since
  // before this agent wanted to know it.
  bool failed_before = false;

  bool ready() const { return state == State::kReady; }

  // "eth1, 02:00:00:00:00:02 > 02:00:00:00:00:01" when ready, otherwise the
  // reason.
  std::string ToString() const;

  friend bool operator==(const NextHop& a, const NextHop& b) {
    return std::tie(a.state, a.reason, a.ifindex, a.interface, a.gateway,
                    a.destination, a.source, a.failed_before) ==
           std::tie(b.state, b.reason, b.ifindex, b.interface, b.gateway,
                    b.destination, b.source, b.failed_before);
  }
  friend bool operator!=(const NextHop& a, const NextHop& b) {
    return !(a == b);
  }
};

}  // namespace l275

#endif  // L275_LB_AGENT_NEXTHOP_NEXT_HOP_H_
