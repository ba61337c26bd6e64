#include "lb/agent/peers/wire/session_reader.h"

#include <algorithm>
#include <utility>

namespace l275 {
namespace {

absl::Span<const uint8_t> PayloadOf(absl::Span<const uint8_t> frame) {
  return frame.subspan(kSyncLengthBytes, frame.size() - SyncFrameBytes(0));
}

absl::Span<const uint8_t> TagOf(absl::Span<const uint8_t> frame) {
  return frame.last(kSyncTagBytes);
}

bool Parse(absl::Span<const uint8_t> payload, sync::Message* message) {
  return message->ParseFromArray(payload.data(),
                                 static_cast<int>(payload.size()));
}

}  // namespace

SessionReader::SessionReader(const SyncKeys* keys, const Endpoint& listener,
                             Ipv4Address sender)
    : keys_(keys), session_{NewSyncNonce(), {}, listener, sender} {}

size_t SessionReader::MaxFrameBytes() const {
  return SyncFrameBytes(is_open() ? kMaxSyncMessageBytes : kMaxSyncHelloBytes);
}

std::optional<size_t> SessionReader::FrameBytes(
    absl::Span<const uint8_t> head) const {
  const size_t bytes = SyncFrameBytes(DecodeSyncLength(head));
  if (bytes > MaxFrameBytes()) return std::nullopt;
  return bytes;
}

SyncResult SessionReader::Read(absl::Span<const uint8_t> frame,
                               sync::Message* message) {
  return is_open() ? ReadOther(frame, message) : ReadHello(frame, message);
}

SyncResult SessionReader::ReadHello(absl::Span<const uint8_t> frame,
                                    sync::Message* message) {
  const absl::Span<const uint8_t> payload = PayloadOf(frame);
  if (!Parse(payload, message)) return SyncResult::kMalformed;
  const sync::Hello& hello = message->hello();
  if (!message->has_hello() ||
      hello.nonce().size() != session_.sender_nonce.size()) {
    return SyncResult::kMalformed;
  }
  const SyncResult judged = JudgeHello(hello);
  if (judged != SyncResult::kAccepted) return judged;
  std::copy(hello.nonce().begin(), hello.nonce().end(),
            session_.sender_nonce.begin());
  const BeaconKey* const key = keys_->Find(hello.key_id());
  SessionTags tags(session_);
  if (!IsSameTag(tags.Next(key, payload), TagOf(frame))) {
    return SyncResult::kBadTag;
  }
  key_ = SyncKeys::NameOf(key);
  tags_ = tags;
  return SyncResult::kAccepted;
}

SyncResult SessionReader::ReadOther(absl::Span<const uint8_t> frame,
                                    sync::Message* message) {
  const absl::Span<const uint8_t> payload = PayloadOf(frame);
  if (!IsKeyHeld()) return SyncResult::kUnknownKey;
  if (!IsSameTag(tags_->Next(Key(), payload), TagOf(frame))) {
    return SyncResult::kBadTag;
  }
  if (!Parse(payload, message) || message->has_hello()) {
    return SyncResult::kMalformed;
  }
  return SyncResult::kAccepted;
}

SyncResult SessionReader::JudgeHello(const sync::Hello& hello) const {
  if (hello.address() != session_.sender.ToHost()) {
    return SyncResult::kWrongServer;
  }
  return JudgeKey(hello.key_id());
}

SyncResult SessionReader::JudgeKey(uint32_t key_id) const {
  if (keys_->insecure()) {
    return key_id == 0 ? SyncResult::kAccepted : SyncResult::kUnknownKey;
  }
  if (key_id == 0) return SyncResult::kUnsigned;
  const BeaconKey* const key = keys_->Find(key_id);
  if (key == nullptr) return SyncResult::kUnknownKey;
  return key->MaySpeakFor(session_.sender) ? SyncResult::kAccepted
                                           : SyncResult::kWrongServer;
}

}  // namespace l275
