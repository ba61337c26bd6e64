#ifndef L275_COMMON_BEACON_MESSAGE_H_
#define L275_COMMON_BEACON_MESSAGE_H_

#include <array>
#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/ipv4_address.h"

namespace l275 {

// What a web server multicasts about itself, one UDP datagram of 32 bytes,
// big-endian:
//
//    0        4        5        6          8             12
//    +--------+--------+--------+----------+-------------+
//    | "L275" | version| state  | 0        | interval_ms |
//    +--------+--------+--------+----------+-------------+
//   12             16                    24             32
//    +-------------+---------------------+---------------+
//    | address     | epoch               | sequence      |
//    +-------------+---------------------+---------------+
//
// Two beacons of one sender are ordered by (epoch, sequence): the epoch is the
// sender's start as wall-clock microseconds since 1970, the sequence counts
// from 1 within it.
struct BeaconMessage {
  static constexpr uint8_t kVersion = 1;
  static constexpr size_t kSize = 32;
  using Bytes = std::array<uint8_t, kSize>;

  enum class State : uint8_t { kUp = 1, kDown = 2 };

  Ipv4Address address;  // the backend it speaks for
  State state = State::kDown;
  uint32_t interval_ms = 0;  // to the next beacon, before jitter
  uint64_t epoch = 0;
  uint64_t sequence = 0;

  Bytes Encode() const;

  // InvalidArgument says what is wrong: length, magic, version, state,
  // reserved bytes, an address that no host can have, interval or sequence 0.
  static absl::StatusOr<BeaconMessage> Decode(absl::Span<const uint8_t> bytes);
};

}  // namespace l275

#endif  // L275_COMMON_BEACON_MESSAGE_H_
