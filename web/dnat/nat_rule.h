#ifndef L275_WEB_DNAT_NAT_RULE_H_
#define L275_WEB_DNAT_NAT_RULE_H_

#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/net/ipv4_address.h"
#include "common/net/service_address.h"

namespace l275 {

// One translation on a web server: what comes in on `interface` for `service`
// goes to `local` and `local_port`.
struct NatRule {
  // Bounds of `mss`: what every host takes (RFC 9293, 3.7.1), and what fits the
  // largest packet.
  static constexpr uint16_t kLeastMss = 536;
  static constexpr uint16_t kLargestMss = 65495;

  ServiceAddress service;
  Ipv4Address local;
  // The service's own port when it is not translated; 0 for a service on all
  // ports.
  uint16_t local_port = 0;
  std::string interface;
  // The service's TCP segments carry at most so many bytes, in both directions;
  // 0: no limit.
  uint16_t mss = 0;

  // "10.0.0.101:8080", without the port when it is 0.
  std::string LocalToString() const;
  // "tcp:10.0.0.200:80 on eth1 to 10.0.0.101:8080", with ", MSS 1360" when it
  // is limited.
  std::string ToString() const;

  friend bool operator==(const NatRule& a, const NatRule& b) {
    return a.Key() == b.Key();
  }
  friend bool operator!=(const NatRule& a, const NatRule& b) {
    return !(a == b);
  }

 private:
  std::tuple<ServiceAddress, Ipv4Address, uint16_t, std::string, uint16_t> Key()
      const {
    return {service, local, local_port, interface, mss};
  }
};

// The order that the kernel must meet rules in, as the first match wins: by
// VIP, a service on one port before the one on all ports.
bool ComesBefore(const ServiceAddress& a, const ServiceAddress& b);

// The rules that three comma lists ask for, in that order: services like
// "tcp:10.0.0.200:80", local addresses like "10.0.0.101" or "10.0.0.101:8080"
// (without a port the service keeps its own), and interfaces. The lists pair up
// by position; one local address or one interface serves all services. `mss`
// is for all.
//
// InvalidArgument names the word and what was expected of it: also for lists
// that do not pair up, a service given twice, a local port for a service on all
// ports, a VIP that is its own local address.
absl::StatusOr<std::vector<NatRule>> ParseNatRules(absl::string_view services,
                                                   absl::string_view locals,
                                                   absl::string_view interfaces,
                                                   uint16_t mss = 0);

}  // namespace l275

#endif  // L275_WEB_DNAT_NAT_RULE_H_
