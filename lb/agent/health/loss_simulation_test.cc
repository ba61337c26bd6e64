#include "lb/agent/health/loss_simulation.h"

#include <gtest/gtest.h>

namespace l275 {
namespace {

// `bazel run -c opt //bench:beacons` simulates whole days.
TEST(LossSimulationTest, NoFalseSilenceInTwentyMinutesOfThirtyPercentLoss) {
  LossSimulation simulation;
  simulation.duration = std::chrono::minutes(20);
  const LossResult result = Simulate(simulation);
  EXPECT_EQ(result.downs, 0u);
  EXPECT_NEAR(static_cast<double>(result.sent), 1.2e6, 1e4);
  EXPECT_NEAR(static_cast<double>(result.received), 0.84e6, 1e4);
  EXPECT_NEAR(result.expected, 0.0038, 0.0005);
}

// That the simulation can find false silences, and arithmetic foretells them.
TEST(LossSimulationTest, FindsAsManySilencesAsExpectedOfAShortTimeout) {
  LossSimulation simulation;
  simulation.duration = std::chrono::minutes(20);
  simulation.timeout = std::chrono::milliseconds(650);
  const LossResult result = Simulate(simulation);
  EXPECT_GT(result.expected, 300);
  EXPECT_NEAR(static_cast<double>(result.silences), result.expected,
              0.15 * result.expected);
}

}  // namespace
}  // namespace l275
