#include "common/beacon/beacon_key.h"

#include <endian.h>
#include <glog/logging.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace l275 {
namespace {

constexpr char kFailed[] = "libcrypto: HMAC-SHA256 failed";

}  // namespace

absl::StatusOr<BeaconKey> BeaconKey::Create(uint32_t id,
                                            std::optional<Ipv4Address> server,
                                            absl::Span<const uint8_t> secret) {
  if (id == 0) {
    return absl::InvalidArgumentError("key id 0; expected 1 to 4294967295");
  }
  if (secret.size() < kMinSecretBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("a secret of ", secret.size(), " bytes; expected ",
                     kMinSecretBytes, " or more"));
  }
  BeaconKey key(id, server);
  EVP_MAC* const hmac = EVP_MAC_fetch(nullptr, OSSL_MAC_NAME_HMAC, nullptr);
  key.context_.reset(EVP_MAC_CTX_new(hmac));
  EVP_MAC_free(hmac);  // the context holds on to it
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_end()};
  if (key.context_ == nullptr || EVP_MAC_init(key.context_.get(), secret.data(),
                                              secret.size(), parameters) != 1) {
    return absl::InternalError("libcrypto has no HMAC-SHA256");
  }
  return key;
}

BeaconMessage::Bytes BeaconKey::Sign(BeaconMessage message) const {
  message.key_id = id_;
  BeaconMessage::Bytes bytes = message.Encode();
  const Tag tag = TagOf(bytes);
  std::copy(tag.begin(), tag.end(), bytes.begin() + BeaconMessage::kTagOffset);
  return bytes;
}

bool BeaconKey::Verify(absl::Span<const uint8_t> bytes) const {
  if (bytes.size() != BeaconMessage::kSize) return false;
  const Tag tag = TagOf(bytes);
  return CRYPTO_memcmp(tag.data(), &bytes[BeaconMessage::kTagOffset],
                       tag.size()) == 0;
}

BeaconKey::Tag BeaconKey::Fingerprint() const {
  return TagOf(BeaconMessage::Bytes{});  // without a beacon's magic
}

BeaconKey::Tag BeaconKey::Authenticate(
    absl::string_view label,
    absl::Span<const absl::Span<const uint8_t>> parts) const {
  const uint8_t no_beacon = 0xff;
  Begin();
  Add({&no_beacon, 1});
  AddSized({reinterpret_cast<const uint8_t*>(label.data()), label.size()});
  for (const absl::Span<const uint8_t> part : parts) AddSized(part);
  return Finish();
}

BeaconKey::Tag BeaconKey::TagOf(absl::Span<const uint8_t> bytes) const {
  Begin();
  Add(bytes.first(BeaconMessage::kTagOffset));
  return Finish();
}

// Without a key, init begins another message with the one before.
void BeaconKey::Begin() const {
  CHECK_EQ(EVP_MAC_init(context_.get(), nullptr, 0, nullptr), 1) << kFailed;
}

void BeaconKey::Add(absl::Span<const uint8_t> bytes) const {
  CHECK_EQ(EVP_MAC_update(context_.get(), bytes.data(), bytes.size()), 1)
      << kFailed;
}

void BeaconKey::AddSized(absl::Span<const uint8_t> bytes) const {
  const uint64_t size = htobe64(bytes.size());
  Add({reinterpret_cast<const uint8_t*>(&size), sizeof(size)});
  Add(bytes);
}

BeaconKey::Tag BeaconKey::Finish() const {
  Tag tag;
  size_t size = 0;
  const bool done =
      EVP_MAC_final(context_.get(), tag.data(), &size, tag.size()) == 1;
  CHECK(done && size == tag.size()) << kFailed;
  return tag;
}

}  // namespace l275
