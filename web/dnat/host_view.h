#ifndef L275_WEB_DNAT_HOST_VIEW_H_
#define L275_WEB_DNAT_HOST_VIEW_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/net/ipv4_address.h"
#include "web/dnat/nat_rule.h"

namespace l275 {

struct InterfaceAddress {
  Ipv4Address address;
  int prefix_length = 0;
};

struct HostInterface {
  std::string name;
  bool up = false;  // and with a carrier
  uint32_t mtu = 0;
  // As the kernel uses them: the greater of the interface's and of `all`.
  int rp_filter = 0;
  int arp_ignore = 0;
  std::vector<InterfaceAddress> addresses;
};

// A TCP socket that listens.
struct Listener {
  Ipv4Address address;  // 0.0.0.0: at all addresses
  uint16_t port = 0;
};

// How an answer from a local address to the client leaves.
struct ClientRoute {
  Ipv4Address local;
  std::string interface;  // empty when there is no route
};

// What dnat's rules need of the host, as it is now.
struct HostView {
  std::vector<HostInterface> interfaces;
  std::vector<Listener> listeners;
  std::optional<Ipv4Address> client;
  std::vector<ClientRoute> routes;  // to the client, from each local address

  // Null when there is none.
  const HostInterface* FindInterface(const std::string& name) const;
  const HostInterface* FindOwner(Ipv4Address address) const;
};

// Reads it in the caller's network namespace. `client` is a client to look up
// the routes to.
absl::StatusOr<HostView> ReadHostView(const std::vector<NatRule>& rules,
                                      std::optional<Ipv4Address> client);

}  // namespace l275

#endif  // L275_WEB_DNAT_HOST_VIEW_H_
