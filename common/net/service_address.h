#ifndef L275_COMMON_NET_SERVICE_ADDRESS_H_
#define L275_COMMON_NET_SERVICE_ADDRESS_H_

#include <cstdint>
#include <string>
#include <tuple>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/net/ipv4_address.h"

namespace l275 {

// What names a service everywhere: "tcp:10.0.0.200:80", that is
// protocol:VIP:port. Port 0 is a service on all ports of the VIP.
struct ServiceAddress {
  uint8_t protocol = 0;  // IPPROTO_TCP
  Ipv4Address vip;
  uint16_t port = 0;

  // InvalidArgument names the text and the part of it that is wrong.
  static absl::StatusOr<ServiceAddress> Parse(absl::string_view text);
  std::string ToString() const;

  friend bool operator==(const ServiceAddress& a, const ServiceAddress& b) {
    return a.Key() == b.Key();
  }
  friend bool operator!=(const ServiceAddress& a, const ServiceAddress& b) {
    return !(a == b);
  }
  friend bool operator<(const ServiceAddress& a, const ServiceAddress& b) {
    return a.Key() < b.Key();
  }

 private:
  std::tuple<Ipv4Address, uint16_t, uint8_t> Key() const {
    return {vip, port, protocol};
  }
};

// 0 to 65535 in decimal; InvalidArgument names the text otherwise.
absl::StatusOr<uint16_t> ParsePort(absl::string_view text);

}  // namespace l275

#endif  // L275_COMMON_NET_SERVICE_ADDRESS_H_
