#include "lb/agent/peers/wire/session_tags.h"

#include <gtest/gtest.h>

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"

namespace l275 {
namespace {

const std::vector<uint8_t> kPayload = {'a', 'b', 'c'};

BeaconKey Key(uint8_t first = 0) {
  std::vector<uint8_t> secret(32);
  for (uint8_t& byte : secret) byte = first++;
  absl::StatusOr<BeaconKey> key = BeaconKey::Create(1, std::nullopt, secret);
  EXPECT_TRUE(key.ok()) << key.status();
  return *std::move(key);
}

SyncSession Session() {
  SyncSession session;
  session.listener_nonce.fill(1);
  session.sender_nonce.fill(2);
  session.listener = {Ipv4Address::FromHost(0x0a010002), 9276};
  session.sender = Ipv4Address::FromHost(0x0a010003);
  return session;
}

std::string Hex(const BeaconKey::Tag& tag) {
  return absl::BytesToHexString(std::string(tag.begin(), tag.end()));
}

// As Python's hmac makes them of what beacon_key.h and session_tags.h say.
TEST(SessionTagsTest, MakesTheTagsThatOthersMake) {
  const BeaconKey key = Key();
  SessionTags tags(Session());
  EXPECT_EQ(Hex(tags.Next(&key, kPayload)),
            "7f6d054684a6a4f16b24d73557ea823fd4ef114518574d8091205b28e14084f0");
  EXPECT_EQ(Hex(tags.Next(&key, kPayload)),
            "c20a5b7ce4486e8cf458db34ece0bca0a5cfad50c3f36bab79eb233b1b5a284a");
  EXPECT_EQ(Hex(tags.Welcome(&key)),
            "38fa730c2dd8547cacfd9f5347cb0f5836a4db19bac37a2904f40881d04bfb52");
  EXPECT_EQ(absl::BytesToHexString(HashSeedTag(&key, 0x0102030405060708)),
            "40b692a9777c6bcf38905e797be44f70b61924478c07a584f3b910c05ef19b42");
}

TEST(SessionTagsTest, EverythingOfASessionCounts) {
  const BeaconKey key = Key();
  std::vector<SyncSession> sessions(6, Session());
  sessions[1].listener_nonce[15] ^= 1;
  sessions[2].sender_nonce[0] ^= 1;
  sessions[3].listener.address = Ipv4Address::FromHost(0x0a010004);
  sessions[4].listener.port = 9277;
  sessions[5].sender = Ipv4Address::FromHost(0x0a010004);
  std::set<std::string> tags;
  for (const SyncSession& session : sessions) {
    SessionTags of_session(session);
    tags.insert(Hex(of_session.Next(&key, kPayload)));
    tags.insert(Hex(of_session.Next(&key, kPayload)));  // its number
    tags.insert(Hex(of_session.Welcome(&key)));
  }
  const BeaconKey other = Key(1);
  tags.insert(Hex(SessionTags(Session()).Next(&other, kPayload)));
  tags.insert(Hex(SessionTags(Session()).Next(&key, {})));
  EXPECT_EQ(tags.size(), 3 * sessions.size() + 2);
}

TEST(SessionTagsTest, WithoutAKeyTagsAreZeros) {
  SessionTags tags(Session());
  EXPECT_EQ(tags.Next(nullptr, kPayload), BeaconKey::Tag{});
  EXPECT_EQ(tags.Welcome(nullptr), BeaconKey::Tag{});
}

TEST(SessionTagsTest, EveryBitOfATagCounts) {
  const BeaconKey key = Key();
  const BeaconKey::Tag tag = SessionTags(Session()).Welcome(&key);
  EXPECT_TRUE(IsSameTag(tag, tag));
  EXPECT_FALSE(IsSameTag(tag, {tag.data(), tag.size() - 1}));
  for (size_t bit = 0; bit < 8 * tag.size(); ++bit) {
    BeaconKey::Tag other = tag;
    other[bit / 8] ^= 1 << bit % 8;
    EXPECT_FALSE(IsSameTag(tag, other)) << bit;
  }
}

TEST(SessionTagsTest, HashSeedsAreToldApartAlsoWithoutAKey) {
  const BeaconKey key = Key();
  EXPECT_EQ(HashSeedTag(&key, 5), HashSeedTag(&key, 5));
  EXPECT_NE(HashSeedTag(&key, 5), HashSeedTag(&key, 6));
  EXPECT_EQ(HashSeedTag(nullptr, 5), HashSeedTag(nullptr, 5));
  EXPECT_NE(HashSeedTag(nullptr, 5), HashSeedTag(nullptr, 6));
  EXPECT_NE(HashSeedTag(&key, 5), HashSeedTag(nullptr, 5));
}

}  // namespace
}  // namespace l275
