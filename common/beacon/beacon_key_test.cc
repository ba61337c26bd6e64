#include "common/beacon/beacon_key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/types/span.h"

namespace l275 {
namespace {

using ::testing::HasSubstr;

constexpr Ipv4Address kServer = Ipv4Address::FromHost(0x0a000065);

// first, first + 1, ...: 32 bytes.
std::vector<uint8_t> Secret(uint8_t first) {
  std::vector<uint8_t> secret(32);
  std::iota(secret.begin(), secret.end(), first);
  return secret;
}

BeaconKey Key(uint32_t id = 9, uint8_t first = 1) {
  absl::StatusOr<BeaconKey> key =
      BeaconKey::Create(id, std::nullopt, Secret(first));
  EXPECT_TRUE(key.ok()) << key.status();
  return *std::move(key);
}

BeaconMessage Example() {
  BeaconMessage message;
  message.address = kServer;
  message.port = 443;
  message.state = BeaconMessage::State::kUp;
  message.interval_ms = 100;
  message.epoch = 5;
  message.sequence = 7;
  message.weight = 75;
  message.check_age_ms = 20;
  message.check_validity_ms = 1000;
  return message;
}

std::string TagOf(const BeaconMessage::Bytes& bytes) {
  return absl::BytesToHexString(
      std::string(bytes.begin() + BeaconMessage::kTagOffset, bytes.end()));
}

// As Python's hmac makes it of the 48 bytes of beacon_message.h's picture.
TEST(BeaconKeyTest, MakesTheTagThatOthersMake) {
  EXPECT_EQ(TagOf(Key().Sign(Example())),
            "b90b48abaa6322515b9ba46ea5b0cfb5687c6745de63019fbe2a9759d40cd3c3");
}

TEST(BeaconKeyTest, SignsWithItsOwnId) {
  BeaconMessage message = Example();
  message.key_id = 77;
  const auto decoded = BeaconMessage::Decode(Key().Sign(message));
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->key_id, 9u);
  EXPECT_EQ(decoded->address, kServer);
  EXPECT_EQ(decoded->sequence, 7u);
}

TEST(BeaconKeyTest, VerifiesWhatItSignedAgainAndAgain) {
  const BeaconKey key = Key();
  BeaconMessage message = Example();
  for (message.sequence = 1; message.sequence < 100; ++message.sequence) {
    EXPECT_TRUE(key.Verify(key.Sign(message)));
  }
}

TEST(BeaconKeyTest, AnyFlippedBitIsNoticed) {
  const BeaconKey key = Key();
  BeaconMessage::Bytes bytes = key.Sign(Example());
  for (size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    bytes[bit / 8] ^= 1 << bit % 8;
    EXPECT_FALSE(key.Verify(bytes)) << "bit " << bit;
    bytes[bit / 8] ^= 1 << bit % 8;
  }
  EXPECT_TRUE(key.Verify(bytes));
}

TEST(BeaconKeyTest, OtherLengthsAreNoBeacons) {
  const BeaconKey key = Key();
  const BeaconMessage::Bytes signed_bytes = key.Sign(Example());
  std::vector<uint8_t> bytes(signed_bytes.begin(), signed_bytes.end());
  bytes.resize(160);
  for (size_t length = 0; length <= bytes.size(); ++length) {
    EXPECT_EQ(key.Verify(absl::MakeConstSpan(bytes).first(length)),
              length == BeaconMessage::kSize)
        << length;
  }
}

TEST(BeaconKeyTest, AnotherSecretUnderTheSameIdIsNoticed) {
  EXPECT_FALSE(Key(9, 2).Verify(Key(9, 1).Sign(Example())));
}

TEST(BeaconKeyTest, WithoutATagNothingIsVerified) {
  BeaconMessage message = Example();
  message.key_id = 9;
  EXPECT_FALSE(Key().Verify(message.Encode()));
}

TEST(BeaconKeyTest, ABoundKeySpeaksForItsServerAlone) {
  const auto bound = BeaconKey::Create(1, kServer, Secret(1));
  ASSERT_TRUE(bound.ok());
  EXPECT_EQ(bound->server(), kServer);
  EXPECT_TRUE(bound->MaySpeakFor(kServer));
  EXPECT_FALSE(bound->MaySpeakFor(Ipv4Address::FromHost(0x0a000066)));
  EXPECT_TRUE(Key().MaySpeakFor(kServer));
}

std::string Authenticated(const BeaconKey& key, absl::string_view label,
                          const std::vector<std::vector<uint8_t>>& parts) {
  const std::vector<absl::Span<const uint8_t>> spans(parts.begin(),
                                                     parts.end());
  const BeaconKey::Tag tag = key.Authenticate(label, spans);
  return absl::BytesToHexString(std::string(tag.begin(), tag.end()));
}

// As Python's hmac makes it of b"\xff" + struct.pack(">Q", n) + ... .
TEST(BeaconKeyTest, AuthenticatesAsOthersDo) {
  EXPECT_EQ(Authenticated(Key(), "label", {{1, 2}, {}, {3}}),
            "efd55882133ce313a208264852089768fbcbb30a68a9b2670df1a31af497f34b");
}

TEST(BeaconKeyTest, LabelPartsAndBordersAllCount) {
  const std::vector<std::string> tags = {Authenticated(Key(), "ab", {{'c'}}),
                                         Authenticated(Key(), "ab", {}),
                                         Authenticated(Key(), "abc", {}),
                                         Authenticated(Key(), "a", {{'b'}}),
                                         Authenticated(Key(), "ab", {{}}),
                                         Authenticated(Key(), "", {}),
                                         Authenticated(Key(), "", {{1, 2}}),
                                         Authenticated(Key(), "", {{1}, {2}}),
                                         Authenticated(Key(), "", {{2}, {1}}),
                                         Authenticated(Key(9, 2), "", {})};
  EXPECT_EQ(std::set<std::string>(tags.begin(), tags.end()).size(),
            tags.size());
}

// 48 bytes are what a beacon's tag is made of, and a fingerprint.
TEST(BeaconKeyTest, NothingElseMakesABeaconsTag) {
  const BeaconKey key = Key();
  const BeaconMessage::Bytes beacon = key.Sign(Example());
  const std::vector<uint8_t> bytes(beacon.begin(),
                                   beacon.begin() + BeaconMessage::kTagOffset);
  const std::string text(bytes.begin(), bytes.end());
  const std::string zeros(BeaconMessage::kTagOffset, '\0');
  EXPECT_NE(Authenticated(key, "", {bytes}), TagOf(beacon));
  EXPECT_NE(Authenticated(key, text, {}), TagOf(beacon));
  const BeaconKey::Tag fingerprint = key.Fingerprint();
  EXPECT_NE(Authenticated(key, zeros, {}),
            absl::BytesToHexString(
                std::string(fingerprint.begin(), fingerprint.end())));
}

TEST(BeaconKeyTest, RefusesId0) {
  const absl::Status status =
      BeaconKey::Create(0, std::nullopt, Secret(1)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("key id 0"));
}

TEST(BeaconKeyTest, RefusesAShortSecret) {
  const std::vector<uint8_t> secret = Secret(1);
  const auto span = absl::MakeConstSpan(secret);
  for (const size_t size : {0, 15}) {
    const absl::Status status =
        BeaconKey::Create(1, std::nullopt, span.first(size)).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(status.message(), "a secret of " + std::to_string(size) +
                                    " bytes; expected 16 or more");
  }
  EXPECT_TRUE(BeaconKey::Create(1, std::nullopt, span.first(16)).ok());
}

}  // namespace
}  // namespace l275
