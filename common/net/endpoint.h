#ifndef L275_COMMON_NET_ENDPOINT_H_
#define L275_COMMON_NET_ENDPOINT_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/net/ipv4_address.h"

namespace l275 {

// One end of a flow: "10.0.0.1:40000".
struct Endpoint {
  Ipv4Address address;
  uint16_t port = 0;

  // InvalidArgument names the text and the part of it that is wrong. Any
  // address is taken: a packet can carry any.
  static absl::StatusOr<Endpoint> Parse(absl::string_view text);
  std::string ToString() const;
};

}  // namespace l275

#endif  // L275_COMMON_NET_ENDPOINT_H_
