#include "lb/agent/peers/wire/session_writer.h"

#include "common/os/status_util.h"
#include "common/os/version.h"
#include "lb/agent/peers/wire/sync.pb.h"

namespace l275 {

absl::StatusOr<SessionWriter> SessionWriter::Create(
    const SyncKeys* keys, const SyncNonce& listener_nonce,
    const Endpoint& listener, Ipv4Address sender) {
  L275_ASSIGN_OR_RETURN(const BeaconKey* const key, keys->SigningKey(sender));
  return SessionWriter(keys, {listener_nonce, NewSyncNonce(), listener, sender},
                       key);
}

std::string SessionWriter::Hello() {
  sync::Message message;
  sync::Hello* const hello = message.mutable_hello();
  hello->set_address(session_.sender.ToHost());
  hello->set_key_id(key_.id);
  hello->set_nonce(session_.sender_nonce.data(), session_.sender_nonce.size());
  hello->set_version(kVersion);
  return Frame(message.SerializeAsString());
}

std::string SessionWriter::Frame(const std::string& payload) {
  const auto length = EncodeSyncLength(payload.size());
  const BeaconKey::Tag tag = tags_.Next(
      Key(),
      {reinterpret_cast<const uint8_t*>(payload.data()), payload.size()});
  std::string frame;
  frame.reserve(SyncFrameBytes(payload.size()));
  frame.append(length.begin(), length.end());
  frame.append(payload);
  frame.append(tag.begin(), tag.end());
  return frame;
}

bool SessionWriter::IsWelcome(absl::Span<const uint8_t> bytes) const {
  return IsSameTag(tags_.Welcome(Key()), bytes);
}

}  // namespace l275
