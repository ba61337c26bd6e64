#ifndef L275_LB_AGENT_PMTU_FRAGMENTATION_NEEDED_H_
#define L275_LB_AGENT_PMTU_FRAGMENTATION_NEEDED_H_

#include <cstdint>
#include <optional>

#include "absl/types/span.h"
#include "common/net/endpoint.h"

namespace l275 {

// What a router says that cannot forward a TCP segment because it is too long
// and must not be fragmented: ICMP type 3, code 4 (RFC 792, RFC 1191 section
// 4).
//
//    IPv4 header | 3 | 4 | checksum | 0 | next-hop MTU | quoted packet
//
// The quoted packet is the IPv4 header of the segment, and the first 8 bytes
// behind it: its ports are in there.
struct FragmentationNeeded {
  Endpoint source;       // of the segment
  Endpoint destination;  // likewise
  uint16_t mtu = 0;      // of the next hop; 0: the router does not say

  // `packet` begins with its IPv4 header and may be cut off behind what is
  // needed here. Nullopt: it is something else, quotes something else than TCP,
  // or is too short. The checksum is not looked at: somebody who forges a
  // message can make a right one.
  static std::optional<FragmentationNeeded> Parse(
      absl::Span<const uint8_t> packet);
};

}  // namespace l275

#endif  // L275_LB_AGENT_PMTU_FRAGMENTATION_NEEDED_H_
