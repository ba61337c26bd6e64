#include "lb/agent/peers/wire/sync_keys.h"

#include <gtest/gtest.h>

#include <optional>
#include <utility>

namespace l275 {
namespace {

constexpr Ipv4Address kA = Ipv4Address::FromHost(0x0a010002);  // 10.1.0.2
constexpr Ipv4Address kB = Ipv4Address::FromHost(0x0a010003);

BeaconKeys Keys(const char* text) {
  absl::StatusOr<BeaconKeys> keys = BeaconKeys::Parse(text, "keys");
  EXPECT_TRUE(keys.ok()) << keys.status();
  return *std::move(keys);
}

uint32_t IdOf(const SyncKeys& keys, Ipv4Address self) {
  const absl::StatusOr<const BeaconKey*> key = keys.SigningKey(self);
  EXPECT_TRUE(key.ok()) << key.status();
  return key.ok() ? (*key)->id() : 0;
}

TEST(SyncKeysTest, ABoundKeyIsSignedWithFirst) {
  const SyncKeys keys(
      Keys("1 10.1.0.2 000102030405060708090a0b0c0d0e0f\n"
           "2 10.1.0.2 101112131415161718191a1b1c1d1e1f\n"
           "7 * 202122232425262728292a2b2c2d2e2f\n"
           "8 * 303132333435363738393a3b3c3d3e3f\n"
           "9 10.1.0.4 404142434445464748494a4b4c4d4e4f\n"));
  EXPECT_EQ(IdOf(keys, kA), 2u) << "the highest of those bound to it";
  EXPECT_EQ(IdOf(keys, kB), 8u) << "the highest of those for all";
}

TEST(SyncKeysTest, SaysWhichKeyIsMissing) {
  const SyncKeys keys(Keys("9 10.1.0.2 404142434445464748494a4b4c4d4e4f\n"));
  const absl::Status status = keys.SigningKey(kB).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(status.message(),
            "no key of the keys file may speak for 10.1.0.3; expected one that "
            "is bound to it, or one with *");
}

TEST(SyncKeysTest, WithoutKeysNoneIsNeeded) {
  const SyncKeys keys(std::nullopt);
  EXPECT_TRUE(keys.insecure());
  const absl::StatusOr<const BeaconKey*> key = keys.SigningKey(kA);
  ASSERT_TRUE(key.ok());
  EXPECT_EQ(*key, nullptr);
  EXPECT_TRUE(keys.Holds(SyncKeys::Name(), kA));
  EXPECT_EQ(keys.Find(1), nullptr);
}

TEST(SyncKeysTest, AKeyIsItsSecretAndWhomItMaySpeakFor) {
  SyncKeys keys(Keys("1 * 000102030405060708090a0b0c0d0e0f\n"));
  const SyncKeys::Name name = SyncKeys::NameOf(keys.Find(1));
  EXPECT_TRUE(keys.Holds(name, kA));
  EXPECT_FALSE(keys.Holds(SyncKeys::Name(), kA)) << "no key";
  const struct {
    const char* why;
    const char* keys;
    bool holds;
  } kCases[] = {
      {"another beside it",
       "1 * 000102030405060708090a0b0c0d0e0f\n"
       "2 * 101112131415161718191a1b1c1d1e1f\n",
       true},
      {"gone", "2 * 101112131415161718191a1b1c1d1e1f\n", false},
      {"another secret", "1 * 101112131415161718191a1b1c1d1e1f\n", false},
      {"bound to the speaker", "1 10.1.0.2 000102030405060708090a0b0c0d0e0f\n",
       true},
      {"bound to another", "1 10.1.0.3 000102030405060708090a0b0c0d0e0f\n",
       false},
  };
  for (const auto& c : kCases) {
    keys.Set(Keys(c.keys));
    EXPECT_EQ(keys.Holds(name, kA), c.holds) << c.why;
  }
}

}  // namespace
}  // namespace l275
