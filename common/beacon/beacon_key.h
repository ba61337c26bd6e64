#ifndef L275_COMMON_BEACON_BEACON_KEY_H_
#define L275_COMMON_BEACON_BEACON_KEY_H_

#include <openssl/evp.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/beacon/beacon_message.h"
#include "common/net/ipv4_address.h"

namespace l275 {

// A secret that web servers and load balancers share: who knows it can make
// beacons that are believed. HMAC-SHA256 (RFC 2104, FIPS 180-4) over all bytes
// of a beacon before its tag.
//
// A key that is bound to a server speaks for that address alone, so that who
// takes a web server cannot speak for another. The secret is handed to
// libcrypto once and not kept here besides; its key schedule is reused for each
// beacon, which is five times as fast as to start afresh.
//
// Movable; not thread-safe, not even its const methods: they share a context.
class BeaconKey {
 public:
  static constexpr size_t kMinSecretBytes = 16;
  using Tag =
      std::array<uint8_t, BeaconMessage::kSize - BeaconMessage::kTagOffset>;

  // `id` is what beacons name the key by. InvalidArgument: id 0, or a secret of
  // fewer than kMinSecretBytes bytes.
  static absl::StatusOr<BeaconKey> Create(uint32_t id,
                                          std::optional<Ipv4Address> server,
                                          absl::Span<const uint8_t> secret);

  uint32_t id() const { return id_; }
  std::optional<Ipv4Address> server() const { return server_; }  // none: any
  bool MaySpeakFor(Ipv4Address address) const {
    return !server_.has_value() || *server_ == address;
  }

  // The message with this key's id, encoded, with its tag. Whether the key may
  // speak for its address is the caller's business.
  BeaconMessage::Bytes Sign(BeaconMessage message) const;

  // Whether `bytes` are a beacon's, as many as one has, and end with the tag
  // that this key makes for them. Takes the same time wherever they differ.
  bool Verify(absl::Span<const uint8_t> bytes) const;

  // The same for keys with the same secret, and, as far as is known, for no
  // others. Tells nothing of the secret, and is no beacon's tag.
  Tag Fingerprint() const;

  // A tag for anything but beacons: `label` says for what, so that what was
  // made for one use is worthless for another. HMAC-SHA256 over a byte 0xff,
  // then the label and each part, each after its size as 8 bytes, big-endian.
  //
  // Never the tag of a beacon, nor a fingerprint: what these are made of
  // begins with "L" and with 0. And other labels, parts or borders between
  // parts are always other bytes.
  Tag Authenticate(absl::string_view label,
                   absl::Span<const absl::Span<const uint8_t>> parts) const;

 private:
  struct FreeContext {
    void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
  };
  BeaconKey(uint32_t id, std::optional<Ipv4Address> server)
      : id_(id), server_(server) {}

  Tag TagOf(absl::Span<const uint8_t> bytes) const;
  void Begin() const;
  void Add(absl::Span<const uint8_t> bytes) const;
  void AddSized(absl::Span<const uint8_t> bytes) const;
  Tag Finish() const;

  uint32_t id_;
  std::optional<Ipv4Address> server_;
  std::unique_ptr<EVP_MAC_CTX, FreeContext> context_;
};

}  // namespace l275

#endif  // L275_COMMON_BEACON_BEACON_KEY_H_
