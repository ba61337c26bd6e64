#ifndef L275_COMMON_BEACON_BEACON_MESSAGE_H_
#define L275_COMMON_BEACON_BEACON_MESSAGE_H_

#include <array>
#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/net/ipv4_address.h"

namespace l275 {

// What a web server multicasts about itself, one UDP datagram of 80 bytes,
// big-endian:
//
//    0        4        5        6          8             12
//    +--------+--------+--------+----------+-------------+
//    | "L275" | version| state  | port     | interval_ms |
//    +--------+--------+--------+----------+-------------+
//   12             16                    24             32
//    +-------------+---------------------+---------------+
//    | address     | epoch               | sequence      |
//    +-------------+---------------------+---------------+
//   32       34       36             40                  44
//    +--------+--------+-------------+-------------------+
//    | weight | 0      | check_age_ms| check_validity_ms |
//    +--------+--------+-------------+-------------------+
//   44             48                                    80
//    +-------------+-------------------------------------+
//    | key_id      | tag                                 |
//    +-------------+-------------------------------------+
//
// Two beacons of one sender (address and port) are ordered by (epoch,
// sequence): the epoch is the sender's start as wall-clock microseconds since
// 1970, the sequence counts from 1 within it.
//
// The tag authenticates all bytes before it; see beacon_key.h. Key id 0, with a
// tag of zeros, is a beacon without a key.
struct BeaconMessage {
  static constexpr uint8_t kVersion = 2;
  static constexpr size_t kSize = 80;
  static constexpr size_t kTagOffset = 48;
  static constexpr uint16_t kFullWeight = 100;
  static constexpr uint16_t kMaxWeight = 1000;
  using Bytes = std::array<uint8_t, kSize>;

  // kDraining: up, and wants no new flows.
  enum class State : uint8_t { kUp = 1, kDown = 2, kDraining = 3 };

  Ipv4Address address;  // the backend it speaks for
  // Of the services that it speaks for; 0: of all that have no beacon of their
  // own port.
  uint16_t port = 0;
  State state = State::kDown;
  uint32_t interval_ms = 0;  // to the next beacon, before jitter
  uint64_t epoch = 0;
  uint64_t sequence = 0;
  // In percent of the weight that the load balancers have for the backend, at
  // most kMaxWeight.
  uint16_t weight = kFullWeight;
  // Since the end of the last good check, of the check whose was longest ago;
  // and how old that may get before the beacon vouches for nothing. Validity 0:
  // nothing is checked.
  uint32_t check_age_ms = 0;
  uint32_t check_validity_ms = 0;
  uint32_t key_id = 0;

  // With a tag of zeros.
  Bytes Encode() const;

  // Does not look at the tag. InvalidArgument says what is wrong: length,
  // magic, version, state, reserved bytes, an address that no host can have,
  // interval or sequence 0, weight over kMaxWeight, an age of checks that are
  // none.
  static absl::StatusOr<BeaconMessage> Decode(absl::Span<const uint8_t> bytes);
};

}  // namespace l275

#endif  // L275_COMMON_BEACON_BEACON_MESSAGE_H_
