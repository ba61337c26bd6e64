#ifndef L275_LB_AGENT_NEXTHOP_NEXT_HOP_H_
#define L275_LB_AGENT_NEXTHOP_NEXT_HOP_H_

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>

#include "common/ipv4_address.h"
#include "common/mac_address.h"

namespace l275 {

// How a frame to a backend leaves this host. A value.
struct NextHop {
  enum class State {
    kReady,        // all fields but `reason` hold
    kNoRoute,      // no way to the backend
    kNoNeighbour,  // the way is known, the MAC address at its end is not
  };

  State state = State::kNoRoute;
  std::string reason;     // for people: why it is not ready; else empty
  uint32_t ifindex = 0;   // 0 when no interface is known
  std::string interface;  // its name
  std::optional<Ipv4Address> gateway;  // none when the backend is on link
  MacAddress destination{};            // of the gateway or the backend
  MacAddress source{};                 // of the interface

  bool ready() const { return state == State::kReady; }

  // "eth1 via 10.0.0.1, 02:00:00:00:00:02 > 02:00:00:00:00:01" when ready,
  // otherwise the reason.
  std::string ToString() const;

  friend bool operator==(const NextHop& a, const NextHop& b) {
    return std::tie(a.state, a.reason, a.ifindex, a.interface, a.gateway,
                    a.destination, a.source) ==
           std::tie(b.state, b.reason, b.ifindex, b.interface, b.gateway,
                    b.destination, b.source);
  }
  friend bool operator!=(const NextHop& a, const NextHop& b) {
    return !(a == b);
  }
};

}  // namespace l275

#endif  // L275_LB_AGENT_NEXTHOP_NEXT_HOP_H_
