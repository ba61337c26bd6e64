#ifndef L275_LB_AGENT_PEERS_WIRE_SESSION_READER_H_
#define L275_LB_AGENT_PEERS_WIRE_SESSION_READER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/types/span.h"
#include "common/beacon/beacon_key.h"
#include "common/net/endpoint.h"
#include "common/net/ipv4_address.h"
#include "lb/agent/peers/wire/session_tags.h"
#include "lb/agent/peers/wire/sync.pb.h"
#include "lb/agent/peers/wire/sync_keys.h"
#include "lb/agent/peers/wire/sync_result.h"
#include "lb/agent/peers/wire/sync_wire.h"

namespace l275 {

// The listener's end of one connection, without its socket: which frames are
// believed. After one that is not, the connection is to be closed: no frame
// after it would fit its number.
//
// Until the Hello is believed nothing longer than a Hello is looked at; after
// that the tag is what is looked at first. `keys` outlives this. Not
// thread-safe.
class SessionReader {
 public:
  SessionReader(const SyncKeys* keys, const Endpoint& listener,
                Ipv4Address sender);

  // For the greeting.
  const SyncNonce& nonce() const { return session_.listener_nonce; }

  // The bytes of the largest frame that may come next.
  size_t MaxFrameBytes() const;

  // The bytes of the frame that begins with `head`, kSyncLengthBytes; nullopt
  // when it is longer than what may come next.
  std::optional<size_t> FrameBytes(absl::Span<const uint8_t> head) const;

  // Judges one frame, FrameBytes() long. `message` is only what it was sent
  // when the result is kAccepted. A kind of message that is not known, of a
  // newer version, is accepted as WHAT_NOT_SET.
  SyncResult Read(absl::Span<const uint8_t> frame, sync::Message* message);

  // Whether the Hello was believed. The rest is of such a session only.
  bool is_open() const { return tags_.has_value(); }
  BeaconKey::Tag Welcome() const { return tags_->Welcome(Key()); }
  const SyncKeys::Name& key() const { return key_; }
  // Whether the keys still hold that of the session.
  bool IsKeyHeld() const { return keys_->Holds(key_, session_.sender); }
  // Its key's, as in Declared.hash_seed_tag; empty when that is not held.
  std::string TagOfHashSeed(uint64_t hash_seed) const {
    return IsKeyHeld() ? HashSeedTag(Key(), hash_seed) : "";
  }

 private:
  SyncResult ReadHello(absl::Span<const uint8_t> frame, sync::Message* message);
  SyncResult ReadOther(absl::Span<const uint8_t> frame, sync::Message* message);
  SyncResult JudgeHello(const sync::Hello& hello) const;
  SyncResult JudgeKey(uint32_t key_id) const;
  const BeaconKey* Key() const { return keys_->Find(key_.id); }

  const SyncKeys* const keys_;
  SyncSession session_;
  SyncKeys::Name key_;
  std::optional<SessionTags> tags_;
};

}  // namespace l275

#endif  // L275_LB_AGENT_PEERS_WIRE_SESSION_READER_H_
