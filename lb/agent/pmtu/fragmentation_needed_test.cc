#include "lb/agent/pmtu/fragmentation_needed.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace l275 {
namespace {

using Bytes = std::vector<uint8_t>;

// From router 192.0.2.1 to the VIP 10.0.0.200, of a segment from there, port
// 80, to client 198.51.100.7, port 40000; next-hop MTU 1400.
Bytes Message() {
  return {                                          // IPv4 header
          0x45, 0, 0, 56, 0, 0, 0, 0, 64, 1, 0, 0,  //
          192, 0, 2, 1, 10, 0, 0, 200,
          // ICMP
          3, 4, 0, 0, 0, 0, 0x05, 0x78,
          // the quoted IPv4 header, don't fragment
          0x45, 0, 0x05, 0xdc, 0, 0, 0x40, 0, 63, 6, 0, 0,  //
          10, 0, 0, 200, 198, 51, 100, 7,
          // ports and sequence number
          0, 80, 0x9c, 0x40, 1, 2, 3, 4};
}

constexpr size_t kIcmp = 20;
constexpr size_t kQuoted = 28;

TEST(FragmentationNeededTest, SaysWhoseSegmentWasTooLong) {
  const auto message = FragmentationNeeded::Parse(Message());
  ASSERT_TRUE(message.has_value());
  EXPECT_EQ(message->source.ToString(), "10.0.0.200:80");
  EXPECT_EQ(message->destination.ToString(), "198.51.100.7:40000");
  EXPECT_EQ(message->mtu, 1400);
}

TEST(FragmentationNeededTest, ReadsHeadersWithOptions) {
  Bytes bytes = Message();
  bytes.insert(bytes.begin() + kQuoted + 20, {1, 1, 1, 0});
  bytes[kQuoted] = 0x46;
  bytes.insert(bytes.begin() + kIcmp, {1, 1, 1, 1, 1, 1, 1, 0});
  bytes[0] = 0x47;
  const auto message = FragmentationNeeded::Parse(bytes);
  ASSERT_TRUE(message.has_value());
  EXPECT_EQ(message->source.ToString(), "10.0.0.200:80");
  EXPECT_EQ(message->destination.ToString(), "198.51.100.7:40000");
}

struct Row {
  const char* description;
  size_t at;
  uint8_t byte;
};

class OtherMessagesTest : public ::testing::TestWithParam<Row> {};

TEST_P(OtherMessagesTest, AreNone) {
  const Row& row = GetParam();
  SCOPED_TRACE(row.description);
  Bytes bytes = Message();
  bytes[row.at] = row.byte;
  EXPECT_FALSE(FragmentationNeeded::Parse(bytes).has_value());
}

INSTANTIATE_TEST_SUITE_P(
    All, OtherMessagesTest,
    ::testing::Values(Row{"IPv6", 0, 0x65},
                      Row{"a header of 16 bytes", 0, 0x44},
                      Row{"a header of 60 bytes, of 56", 0, 0x4f},
                      Row{"UDP", 9, 17}, Row{"echo reply", kIcmp, 0},
                      Row{"port unreachable", kIcmp + 1, 3},
                      Row{"a quoted IPv6 packet", kQuoted, 0x65},
                      Row{"a quoted header of 60 bytes", kQuoted, 0x4f},
                      Row{"a quoted UDP packet", kQuoted + 9, 17},
                      Row{"a quoted later fragment", kQuoted + 7, 1}));

TEST(FragmentationNeededTest, WhatIsCutOffIsNone) {
  const Bytes bytes = Message();
  for (size_t size = 0; size < kQuoted + 20 + 4; ++size) {
    // A copy, so that a sanitizer sees a read behind its end.
    const Bytes cut(bytes.begin(), bytes.begin() + size);
    EXPECT_FALSE(FragmentationNeeded::Parse(cut).has_value()) << size;
  }
  const Bytes enough(bytes.begin(), bytes.begin() + kQuoted + 20 + 4);
  EXPECT_TRUE(FragmentationNeeded::Parse(enough).has_value());
}

}  // namespace
}  // namespace l275
