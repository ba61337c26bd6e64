#include "lb/agent/peers/wire/sync_wire.h"

#include <gtest/gtest.h>

#include <string>

namespace l275 {
namespace {

TEST(SyncWireTest, AGreetingIsTheVersionAndTheNonce) {
  SyncNonce nonce;
  for (size_t i = 0; i < nonce.size(); ++i) nonce[i] = 'a' + i;
  const auto bytes = EncodeSyncGreeting(nonce);
  EXPECT_EQ(std::string(bytes.begin(), bytes.end()),
            "L275syn1abcdefghijklmnop");
  EXPECT_EQ(DecodeSyncGreeting(bytes), nonce);
}

TEST(SyncWireTest, OtherGreetingsAreRefused) {
  const auto bytes = EncodeSyncGreeting(NewSyncNonce());
  for (size_t i = 0; i < 8; ++i) {
    auto other = bytes;
    other[i] ^= 1;
    EXPECT_FALSE(DecodeSyncGreeting(other).has_value()) << i;
  }
  EXPECT_FALSE(DecodeSyncGreeting({bytes.data(), bytes.size() - 1}));
  EXPECT_FALSE(DecodeSyncGreeting({}));
}

TEST(SyncWireTest, NoncesDiffer) { EXPECT_NE(NewSyncNonce(), NewSyncNonce()); }

TEST(SyncWireTest, LengthsAreBigEndian) {
  const std::array<uint8_t, 4> expected = {0x12, 0x34, 0x56, 0x78};
  EXPECT_EQ(EncodeSyncLength(0x12345678), expected);
  EXPECT_EQ(DecodeSyncLength(expected), 0x12345678u);
  const std::array<uint8_t, 4> largest = {0xff, 0xff, 0xff, 0xff};
  EXPECT_EQ(DecodeSyncLength(largest), 0xffffffffu);
}

}  // namespace
}  // namespace l275
