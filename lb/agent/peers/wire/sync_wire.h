#ifndef L275_LB_AGENT_PEERS_WIRE_SYNC_WIRE_H_
#define L275_LB_AGENT_PEERS_WIRE_SYNC_WIRE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/types/span.h"
#include "common/beacon/beacon_key.h"

namespace l275 {

// The bytes of a connection between two load balancers. It carries messages in
// one direction: from who connected, the sender, to who listens.
//
//   listener                              sender
//      | -- "L275syn1", 16 bytes nonce -->  |    greeting, in clear
//      |                                    |
//      | <-- length, payload, tag --------- |    frame 0: its Hello
//      | -- tag ------------------------->  |    welcome
//      |                                    |
//      | <-- length, payload, tag --------- |    frame 1, 2, ...: any other
//
// The length, 4 bytes, big-endian, is the payload's, which is a serialized
// sync::Message. For the tags see session_tags.h.

using SyncNonce = std::array<uint8_t, 16>;

inline constexpr size_t kSyncLengthBytes = 4;
inline constexpr size_t kSyncTagBytes = std::tuple_size<BeaconKey::Tag>();
inline constexpr size_t kSyncGreetingBytes = 24;

// The largest payloads: of a Hello, which is read before its sender is known,
// and of any other message.
inline constexpr size_t kMaxSyncHelloBytes = 512;
inline constexpr size_t kMaxSyncMessageBytes = 256 << 10;

constexpr size_t SyncFrameBytes(size_t payload_bytes) {
  return kSyncLengthBytes + payload_bytes + kSyncTagBytes;
}

// One that was never used before. Fatal when libcrypto has no random bytes.
SyncNonce NewSyncNonce();

std::array<uint8_t, kSyncGreetingBytes> EncodeSyncGreeting(
    const SyncNonce& nonce);

// nullopt: not kSyncGreetingBytes, or not those of this version.
std::optional<SyncNonce> DecodeSyncGreeting(absl::Span<const uint8_t> bytes);

std::array<uint8_t, kSyncLengthBytes> EncodeSyncLength(size_t payload_bytes);

// Of at least kSyncLengthBytes bytes.
size_t DecodeSyncLength(absl::Span<const uint8_t> bytes);

}  // namespace l275

#endif  // L275_LB_AGENT_PEERS_WIRE_SYNC_WIRE_H_
