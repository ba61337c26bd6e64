#ifndef L275_LB_AGENT_PEERS_WIRE_SESSION_TAGS_H_
#define L275_LB_AGENT_PEERS_WIRE_SESSION_TAGS_H_

#include <array>
#include <cstdint>
#include <string>

#include "absl/types/span.h"
#include "common/beacon/beacon_key.h"
#include "common/net/endpoint.h"
#include "common/net/ipv4_address.h"
#include "lb/agent/peers/wire/sync_wire.h"

namespace l275 {

// What makes a connection differ from every other.
struct SyncSession {
  SyncNonce listener_nonce;
  SyncNonce sender_nonce;
  Endpoint listener;
  Ipv4Address sender;
};

// The tags of one connection's frames, made at one end and made again at the
// other: HMAC-SHA256 (BeaconKey::Authenticate) over the session, the frame's
// number and its payload. The nonces keep what was recorded from being used in
// another session, on either side; the listener's address and port keep it from
// being passed on to another load balancer; the number keeps frames from being
// repeated, left out or put into another order.
//
// Without a key tags are zeros.
class SessionTags {
 public:
  explicit SessionTags(const SyncSession& session);

  // Of the next frame: each call counts as one. `key` may be null.
  BeaconKey::Tag Next(const BeaconKey* key, absl::Span<const uint8_t> payload);

  // Of the listener's answer to a Hello: it knows the key too.
  BeaconKey::Tag Welcome(const BeaconKey* key) const;

 private:
  std::array<uint8_t, 42> session_;
  uint64_t next_ = 0;
};

// Takes the same time wherever they differ. False when `bytes` are no tag.
bool IsSameTag(const BeaconKey::Tag& tag, absl::Span<const uint8_t> bytes);

// Tells who has the same seed and key that the seed is the same, and others
// nothing. Without a key it is made with one that everybody knows: who hears
// it can then try seeds until one fits.
std::string HashSeedTag(const BeaconKey* key, uint64_t hash_seed);

}  // namespace l275

#endif  // L275_LB_AGENT_PEERS_WIRE_SESSION_TAGS_H_
