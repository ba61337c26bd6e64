#include "lb/agent/peers/wire/session_tags.h"

#include <endian.h>
#include <glog/logging.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <optional>

namespace l275 {
namespace {

constexpr char kFrameLabel[] = "L275 sync frame";
constexpr char kWelcomeLabel[] = "L275 sync welcome";
constexpr char kHashSeedLabel[] = "L275 sync hash seed";

// The bytes of a number that is big-endian already.
template <typename T>
absl::Span<const uint8_t> BytesOf(const T& number) {
  return {reinterpret_cast<const uint8_t*>(&number), sizeof(number)};
}

const BeaconKey& KnownToAll() {
  static const BeaconKey& key = *new BeaconKey([] {
    const std::array<uint8_t, BeaconKey::kMinSecretBytes> zeros = {};
    absl::StatusOr<BeaconKey> made = BeaconKey::Create(1, std::nullopt, zeros);
    CHECK(made.ok()) << made.status();
    return *std::move(made);
  }());
  return key;
}

}  // namespace

SessionTags::SessionTags(const SyncSession& session) {
  const uint32_t listener = session.listener.address.ToNetwork();
  const uint16_t port = htobe16(session.listener.port);
  const uint32_t sender = session.sender.ToNetwork();
  auto end = session_.begin();
  for (const absl::Span<const uint8_t> part :
       {absl::Span<const uint8_t>(session.listener_nonce),
        absl::Span<const uint8_t>(session.sender_nonce), BytesOf(listener),
        BytesOf(port), BytesOf(sender)}) {
    end = std::copy(part.begin(), part.end(), end);
  }
  CHECK(end == session_.end());
}

BeaconKey::Tag SessionTags::Next(const BeaconKey* key,
                                 absl::Span<const uint8_t> payload) {
  const uint64_t number = htobe64(next_++);
  if (key == nullptr) return {};
  return key->Authenticate(kFrameLabel, {session_, BytesOf(number), payload});
}

BeaconKey::Tag SessionTags::Welcome(const BeaconKey* key) const {
  if (key == nullptr) return {};
  return key->Authenticate(kWelcomeLabel, {session_});
}

bool IsSameTag(const BeaconKey::Tag& tag, absl::Span<const uint8_t> bytes) {
  return bytes.size() == tag.size() &&
         CRYPTO_memcmp(tag.data(), bytes.data(), tag.size()) == 0;
}

std::string HashSeedTag(const BeaconKey* key, uint64_t hash_seed) {
  const uint64_t seed = htobe64(hash_seed);
  const BeaconKey::Tag tag = (key != nullptr ? *key : KnownToAll())
                                 .Authenticate(kHashSeedLabel, {BytesOf(seed)});
  return {tag.begin(), tag.end()};
}

}  // namespace l275
