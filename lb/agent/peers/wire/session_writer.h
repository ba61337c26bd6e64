#ifndef L275_LB_AGENT_PEERS_WIRE_SESSION_WRITER_H_
#define L275_LB_AGENT_PEERS_WIRE_SESSION_WRITER_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/beacon/beacon_key.h"
#include "common/net/endpoint.h"
#include "common/net/ipv4_address.h"
#include "lb/agent/peers/wire/session_tags.h"
#include "lb/agent/peers/wire/sync_keys.h"
#include "lb/agent/peers/wire/sync_wire.h"

namespace l275 {

// The sender's end of one connection, without its socket: makes the frames that
// a SessionReader believes. `keys` outlives this. Not thread-safe.
class SessionWriter {
 public:
  // After the listener's greeting. NotFound: no key may speak for `sender`.
  static absl::StatusOr<SessionWriter> Create(const SyncKeys* keys,
                                              const SyncNonce& listener_nonce,
                                              const Endpoint& listener,
                                              Ipv4Address sender);

  // The first frame, once.
  std::string Hello();

  // The next one, around a serialized sync::Message.
  std::string Frame(const std::string& payload);

  // Whether the bytes are what a listener answers the Hello that knows the key.
  bool IsWelcome(absl::Span<const uint8_t> bytes) const;

  const SyncKeys::Name& key() const { return key_; }
  // Whether the keys still hold that of the session.
  bool IsKeyHeld() const { return keys_->Holds(key_, session_.sender); }
  // Its key's, for Declared.hash_seed_tag; empty when that is not held.
  std::string TagOfHashSeed(uint64_t hash_seed) const {
    return IsKeyHeld() ? HashSeedTag(Key(), hash_seed) : "";
  }

 private:
  SessionWriter(const SyncKeys* keys, const SyncSession& session,
                const BeaconKey* key)
      : keys_(keys),
        session_(session),
        key_(SyncKeys::NameOf(key)),
        tags_(session) {}

  const BeaconKey* Key() const { return keys_->Find(key_.id); }

  const SyncKeys* keys_;
  SyncSession session_;
  SyncKeys::Name key_;
  SessionTags tags_;
};

}  // namespace l275

#endif  // L275_LB_AGENT_PEERS_WIRE_SESSION_WRITER_H_
