#ifndef L275_LB_AGENT_ANNOUNCE_VIP_COVERAGE_H_
#define L275_LB_AGENT_ANNOUNCE_VIP_COVERAGE_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/types/span.h"
#include "common/net/ipv4_address.h"
#include "lb/agent/announce/host_address.h"
#include "lb/agent/nexthop/link.h"

namespace l275 {

// Whether the frames for a VIP come in on an interface with the program.
struct VipCoverage {
  enum class State {
    kCovered,
    kUncovered,  // they would reach the kernel, and no backend
    kUnknown,    // neither an address nor a subnet says where they come in
  };
  State state = State::kCovered;
  Ipv4Address vip;
  std::string text;  // for people, unless it is covered
};

// Frames for a VIP come in where the VIP is, or, while another host holds it,
// where this host has an address in the VIP's subnet. `carries` says whether
// the program is on an interface. It may also be below the interface: on the
// device under a macvlan, or on a port of a bridge or bond.
//
// The way to the clients has no part in this: the servers answer them
// directly, so it may lead through another interface, such as one for
// management.
VipCoverage CoverageOf(Ipv4Address vip, absl::Span<const HostAddress> addresses,
                       const std::map<uint32_t, Link>& links,
                       absl::FunctionRef<bool(const Link&)> carries);

}  // namespace l275

#endif  // L275_LB_AGENT_ANNOUNCE_VIP_COVERAGE_H_
