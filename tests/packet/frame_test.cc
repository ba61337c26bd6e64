#include "tests/packet/frame.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace l275 {
namespace {

using ::testing::ElementsAreArray;

constexpr Ipv4Address kVip = Ipv4Address::FromHost(0x0a0000c8);

// The example of RFC 1071, section 3: the words sum to ddf2.
TEST(InternetChecksumTest, MatchesTheExampleOfItsRfc) {
  const uint8_t bytes[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
  EXPECT_EQ(InternetChecksum(bytes), 0xffff - 0xddf2);
}

// Written down by hand, checksums computed with another program.
TEST(FrameBuilderTest, BuildsASyn) {
  const uint8_t expected[] = {
      // Ethernet
      0x02, 0x00, 0x00, 0x00, 0x00, 0x01, 0x02, 0x00, 0x00, 0x00, 0x00, 0x02,
      0x08, 0x00,
      // IPv4
      0x45, 0x00, 0x00, 0x28, 0x12, 0x34, 0x00, 0x00, 0x40, 0x06, 0x33, 0x9a,
      0xc6, 0x33, 0x64, 0x07, 0x0a, 0x00, 0x00, 0xc8,
      // TCP
      0x9c, 0x40, 0x00, 0x50, 0x01, 0x02, 0x03, 0x04, 0x00, 0x00, 0x00, 0x00,
      0x50, 0x02, 0xfa, 0xf0, 0xdf, 0x58, 0x00, 0x00};
  EXPECT_THAT(FrameBuilder().To(kVip, 80).Build(), ElementsAreArray(expected));
}

TEST(FrameBuilderTest, LengthsCountOptionsAndPayloadButNotPadding) {
  const Frame frame = FrameBuilder()
                          .To(kVip, 80)
                          .IpOptions(2)
                          .TcpOptions(3)
                          .Payload(5)
                          .Padding(7)
                          .Build();
  EXPECT_EQ(frame.size(), 14u + 28 + 32 + 5 + 7);
  EXPECT_EQ(frame[kIpOffset], 0x47);
  EXPECT_EQ(frame[kIpOffset + 3], 28 + 32 + 5);
  EXPECT_EQ(frame[kIpOffset + 28 + 12] >> 4, 8);
  EXPECT_TRUE(IpChecksumIsRight(frame));
}

TEST(FrameBuilderTest, ClaimsAreInTheHeaderAndItsChecksum) {
  const Frame frame =
      FrameBuilder().To(kVip, 80).ClaimTotalLength(1000).Build();
  EXPECT_EQ(frame.size(), 54u);
  EXPECT_EQ(frame[kIpOffset + 2] << 8 | frame[kIpOffset + 3], 1000);
  EXPECT_TRUE(IpChecksumIsRight(frame));
}

TEST(ForwardedTest, ChangesAddressesTtlAndChecksumOnly) {
  const Frame before = FrameBuilder().To(kVip, 80).IpOptions(1).Build();
  const Frame after = Forwarded(before, {1, 2, 3, 4, 5, 6},
                                {7, 8, 9, 10, 11, 12}, /*decrement_ttl=*/true);
  ASSERT_EQ(after.size(), before.size());
  for (size_t i = 0; i < 12; ++i) EXPECT_EQ(after[i], i + 1);
  EXPECT_EQ(after[kTtlOffset], 63);
  EXPECT_TRUE(IpChecksumIsRight(after));
  for (size_t i = 12; i < before.size(); ++i) {
    if (i == kTtlOffset || i / 2 == kIpChecksumOffset / 2) continue;
    EXPECT_EQ(after[i], before[i]) << "at " << i;
  }
}

}  // namespace
}  // namespace l275
