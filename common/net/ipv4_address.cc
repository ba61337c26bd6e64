#include "common/net/ipv4_address.h"

#include <arpa/inet.h>

#include "absl/strings/str_cat.h"

namespace l275 {

absl::StatusOr<Ipv4Address> Ipv4Address::Parse(absl::string_view text) {
  in_addr address;
  if (inet_pton(AF_INET, std::string(text).c_str(), &address) != 1) {
    return absl::InvalidArgumentError(absl::StrCat(
        "\"", text, "\" is no IPv4 address; expected one like 10.0.0.101"));
  }
  return FromNetwork(address.s_addr);
}

Ipv4Address Ipv4Address::FromNetwork(uint32_t big_endian) {
  return Ipv4Address(ntohl(big_endian));
}

uint32_t Ipv4Address::ToNetwork() const { return htonl(value_); }

std::string Ipv4Address::ToString() const {
  return absl::StrCat(value_ >> 24, ".", value_ >> 16 & 0xff, ".",
                      value_ >> 8 & 0xff, ".", value_ & 0xff);
}

absl::StatusOr<Ipv4Address> ParseHostAddress(absl::string_view text) {
  absl::StatusOr<Ipv4Address> address = Ipv4Address::Parse(text);
  if (address.ok() && !address->IsHost()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "\"", text,
        "\" cannot be a host's address; expected a unicast address"));
  }
  return address;
}

}  // namespace l275
