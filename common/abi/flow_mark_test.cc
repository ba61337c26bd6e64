#include "common/abi/flow_mark.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace l275 {
namespace {

constexpr uint32_t kIdleMost = 563226;  // 604,800 s
constexpr uint32_t kMarkLasts = 8192;   // 2.4 h

TEST(FlowMarkTest, AnEntryWithoutAMarkHasNone) {
  for (const uint32_t now : {1u, 100000u, 0x7fffffffu}) {
    for (const uint32_t age : {0u, 1u, 56u, 900u, kIdleMost}) {
      EXPECT_EQ(l275_flow_mark(now - age, now), 0u);
      EXPECT_EQ(l275_flow_age(now - age, now), static_cast<int32_t>(age));
    }
    // Another CPU read the clock later.
    EXPECT_EQ(l275_flow_mark(now + 1, now), 0u);
    EXPECT_EQ(l275_flow_age(now + 1, now), -1);
  }
}

TEST(FlowMarkTest, AMarkDoesNotChangeTheAge) {
  for (const uint32_t mark : {L275_FLOW_ONE_SYN, L275_FLOW_ONE_OTHER}) {
    for (const uint32_t now : {1u, 100000u, 0x7fffffffu}) {
      for (const uint32_t age : {0u, 1u, 56u, 900u, kMarkLasts}) {
        EXPECT_EQ(l275_flow_mark(now - age + mark, now), mark) << age;
        EXPECT_EQ(l275_flow_age(now - age + mark, now),
                  static_cast<int32_t>(age));
      }
      EXPECT_EQ(l275_flow_mark(now + 1 + mark, now), mark);
      EXPECT_EQ(l275_flow_age(now + 1 + mark, now), -1);
    }
  }
}

// An agent that is away for hours keeps a marked entry too long, never too
// short.
TEST(FlowMarkTest, AMarkThatIsLostMakesAnEntryYounger) {
  const uint32_t now = 100000;
  for (const uint32_t mark : {L275_FLOW_ONE_SYN, L275_FLOW_ONE_OTHER}) {
    for (uint32_t age = 0; age < 50000; ++age) {
      ASSERT_LE(l275_flow_age(now - age + mark, now), static_cast<int32_t>(age))
          << age;
    }
  }
}

}  // namespace
}  // namespace l275
