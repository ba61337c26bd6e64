#ifndef L275_COMMON_NET_IPV4_ADDRESS_H_
#define L275_COMMON_NET_IPV4_ADDRESS_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace l275 {

// An IPv4 address. Ordered as people count: 10.0.0.2 before 10.0.0.10.
class Ipv4Address {
 public:
  constexpr Ipv4Address() = default;

  // Four decimal numbers with dots and nothing else (RFC 4632's notation, as
  // inet_pton(3) takes it). InvalidArgument names the text otherwise.
  static absl::StatusOr<Ipv4Address> Parse(absl::string_view text);

  // From network byte order, as packets and maps have it.
  static Ipv4Address FromNetwork(uint32_t big_endian);
  static constexpr Ipv4Address FromHost(uint32_t value) {
    return Ipv4Address(value);
  }

  uint32_t ToNetwork() const;
  constexpr uint32_t ToHost() const { return value_; }
  std::string ToString() const;

  constexpr bool IsUnspecified() const { return value_ == 0; }
  // 224.0.0.0/4 (RFC 5771).
  constexpr bool IsMulticast() const { return value_ >> 28 == 0xe; }
  constexpr bool IsLoopback() const { return value_ >> 24 == 127; }
  // 240.0.0.0/4, 255.255.255.255 included (RFC 1112, RFC 919).
  constexpr bool IsReserved() const { return value_ >> 28 == 0xf; }
  // Whether one host can be reached at it: none of the above.
  constexpr bool IsHost() const {
    return value_ >> 24 != 0 && !IsMulticast() && !IsLoopback() &&
           !IsReserved();
  }

  friend constexpr bool operator==(Ipv4Address a, Ipv4Address b) {
    return a.value_ == b.value_;
  }
  friend constexpr bool operator!=(Ipv4Address a, Ipv4Address b) {
    return a.value_ != b.value_;
  }
  friend constexpr bool operator<(Ipv4Address a, Ipv4Address b) {
    return a.value_ < b.value_;
  }
  template <typename H>
  friend H AbslHashValue(H state, Ipv4Address address) {
    return H::combine(std::move(state), address.value_);
  }

 private:
  constexpr explicit Ipv4Address(uint32_t value) : value_(value) {}

  uint32_t value_ = 0;  // host byte order
};

// An address that one host can have: Parse(), and IsHost() holds.
absl::StatusOr<Ipv4Address> ParseHostAddress(absl::string_view text);

}  // namespace l275

#endif  // L275_COMMON_NET_IPV4_ADDRESS_H_
