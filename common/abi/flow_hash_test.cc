#include "common/abi/flow_hash.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <cmath>
#include <vector>

namespace l275 {
namespace {

// The published outputs of SplitMix64 for the state 1234567 begin with
// mix(1234567 + golden gamma).
TEST(Mix64Test, IsTheFinalizerOfSplitMix64) {
  EXPECT_EQ(l275_mix64(1234567 + 0x9e3779b97f4a7c15ULL),
            6457827717110365317ULL);
}

TEST(FlowHashTest, DependsOnEveryPartOfTheTuple) {
  const uint64_t key = l275_service_hash_key(1, htonl(0x0a0000c8), IPPROTO_TCP);
  const uint64_t hash = l275_flow_hash(key, htonl(0x0a000001), 40000, 80);
  EXPECT_NE(hash, l275_flow_hash(key, htonl(0x0a000002), 40000, 80));
  EXPECT_NE(hash, l275_flow_hash(key, htonl(0x0a000001), 40001, 80));
  EXPECT_NE(hash, l275_flow_hash(key, htonl(0x0a000001), 40000, 81));
  EXPECT_NE(key, l275_service_hash_key(2, htonl(0x0a0000c8), IPPROTO_TCP));
  EXPECT_NE(key, l275_service_hash_key(1, htonl(0x0a0000c9), IPPROTO_TCP));
  EXPECT_NE(key, l275_service_hash_key(1, htonl(0x0a0000c8), IPPROTO_UDP));
}

TEST(SlotOfHashTest, CoversTheTableFromFirstToLast) {
  EXPECT_EQ(l275_slot_of_hash(0, 65537), 0u);
  EXPECT_EQ(l275_slot_of_hash(~0ULL, 65537), 65536u);
  EXPECT_EQ(l275_slot_of_hash(~0ULL, 1), 0u);
}

// The flows of one client, source ports counted up, must spread over the slots
// as chance would: chi-square within six standard deviations of its mean.
TEST(SlotOfHashTest, SpreadsConsecutivePortsEvenly) {
  constexpr int kSlots = 251;
  constexpr int kFlows = 64512;
  for (uint64_t seed : {0ULL, 1ULL, 0xdeadbeefULL}) {
    const uint64_t key =
        l275_service_hash_key(seed, htonl(0x0a0000c8), IPPROTO_TCP);
    std::vector<int> flows(kSlots);
    for (int port = 1024; port < 1024 + kFlows; ++port) {
      const uint64_t hash =
          l275_flow_hash(key, htonl(0x0a000001),
                         htons(static_cast<uint16_t>(port)), htons(80));
      ++flows[l275_slot_of_hash(hash, kSlots)];
    }
    const double expected = static_cast<double>(kFlows) / kSlots;
    double chi_square = 0;
    for (int count : flows) {
      chi_square += (count - expected) * (count - expected) / expected;
    }
    EXPECT_NEAR(chi_square, kSlots - 1, 6 * std::sqrt(2.0 * (kSlots - 1)))
        << "seed " << seed;
  }
}

}  // namespace
}  // namespace l275
