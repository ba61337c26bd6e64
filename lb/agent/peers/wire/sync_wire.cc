#include "lb/agent/peers/wire/sync_wire.h"

#include <glog/logging.h>
#include <openssl/rand.h>

#include <algorithm>

namespace l275 {
namespace {

constexpr std::array<uint8_t, 8> kMagic = {'L', '2', '7', '5',
                                           's', 'y', 'n', '1'};

}  // namespace

SyncNonce NewSyncNonce() {
  SyncNonce nonce;
  CHECK_EQ(RAND_bytes(nonce.data(), nonce.size()), 1)
      << "libcrypto: no random bytes";
  return nonce;
}

std::array<uint8_t, kSyncGreetingBytes> EncodeSyncGreeting(
    const SyncNonce& nonce) {
  static_assert(kMagic.size() + sizeof(SyncNonce) == kSyncGreetingBytes, "");
  std::array<uint8_t, kSyncGreetingBytes> bytes;
  std::copy(kMagic.begin(), kMagic.end(), bytes.begin());
  std::copy(nonce.begin(), nonce.end(), bytes.begin() + kMagic.size());
  return bytes;
}

std::optional<SyncNonce> DecodeSyncGreeting(absl::Span<const uint8_t> bytes) {
  if (bytes.size() != kSyncGreetingBytes ||
      !std::equal(kMagic.begin(), kMagic.end(), bytes.begin())) {
    return std::nullopt;
  }
  SyncNonce nonce;
  std::copy(bytes.begin() + kMagic.size(), bytes.end(), nonce.begin());
  return nonce;
}

std::array<uint8_t, kSyncLengthBytes> EncodeSyncLength(size_t payload_bytes) {
  return {static_cast<uint8_t>(payload_bytes >> 24),
          static_cast<uint8_t>(payload_bytes >> 16),
          static_cast<uint8_t>(payload_bytes >> 8),
          static_cast<uint8_t>(payload_bytes)};
}

size_t DecodeSyncLength(absl::Span<const uint8_t> bytes) {
  return size_t{bytes[0]} << 24 | size_t{bytes[1]} << 16 |
         size_t{bytes[2]} << 8 | size_t{bytes[3]};
}

}  // namespace l275
