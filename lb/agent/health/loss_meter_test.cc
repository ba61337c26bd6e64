#include "lb/agent/health/loss_meter.h"

#include <gtest/gtest.h>

namespace l275 {
namespace {

TEST(LossMeterTest, KnowsNothingFromOneBeacon) {
  LossMeter meter;
  EXPECT_EQ(meter.Percent(), std::nullopt);
  meter.OnBeacon(1, 500);
  EXPECT_EQ(meter.Percent(), std::nullopt) << "the agent started later";
}

TEST(LossMeterTest, CountsGaps) {
  LossMeter meter;
  for (uint64_t sequence : {1, 2, 3, 5, 9}) meter.OnBeacon(1, sequence);
  EXPECT_DOUBLE_EQ(*meter.Percent(), 50);
}

TEST(LossMeterTest, ANewEpochIsNoGap) {
  LossMeter meter;
  meter.OnBeacon(1, 1);
  meter.OnBeacon(1, 2);
  meter.OnBeacon(2, 900);
  EXPECT_DOUBLE_EQ(*meter.Percent(), 0);
}

TEST(LossMeterTest, ForgetsWhatIsLongAgo) {
  LossMeter meter;
  uint64_t sequence = 0;
  for (int i = 0; i < 1000; ++i) meter.OnBeacon(1, sequence += 2);
  EXPECT_NEAR(*meter.Percent(), 50, 0.2);
  for (int i = 0; i < 10000; ++i) meter.OnBeacon(1, ++sequence);
  EXPECT_LT(*meter.Percent(), 0.1);
}

TEST(LossMeterTest, AHugeGapIsNoMoreThanAll) {
  LossMeter meter;
  meter.OnBeacon(1, 1);
  meter.OnBeacon(1, ~uint64_t{0});
  EXPECT_LE(*meter.Percent(), 100);
  EXPECT_GT(*meter.Percent(), 99.9);
}

}  // namespace
}  // namespace l275
