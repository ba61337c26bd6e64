#ifndef L275_LB_AGENT_ANNOUNCE_HOST_ADDRESS_H_
#define L275_LB_AGENT_ANNOUNCE_HOST_ADDRESS_H_

#include <cstdint>
#include <tuple>
#include <vector>

#include "absl/status/statusor.h"
#include "common/net/ipv4_address.h"
#include "common/netlink/netlink_client.h"

namespace l275 {

// An IPv4 address of this host, with its subnet and interface.
struct HostAddress {
  Ipv4Address address;
  int prefix_length = 32;
  uint32_t ifindex = 0;

  // Whether the other address is in the subnet.
  bool Covers(Ipv4Address other) const;

  friend bool operator==(const HostAddress& a, const HostAddress& b) {
    return std::tie(a.address, a.prefix_length, a.ifindex) ==
           std::tie(b.address, b.prefix_length, b.ifindex);
  }
};

// All of them, of the client's network namespace.
absl::StatusOr<std::vector<HostAddress>> ReadHostAddresses(
    NetlinkClient& client);

}  // namespace l275

#endif  // L275_LB_AGENT_ANNOUNCE_HOST_ADDRESS_H_
