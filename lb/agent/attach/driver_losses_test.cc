#include "lb/agent/attach/driver_losses.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace l275 {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

DriverLosses::TimePoint At(int s) {
  return DriverLosses::TimePoint(std::chrono::hours(1)) + seconds(s);
}

TEST(DriverLossesTest, NothingIsKnownAtFirst) {
  const DriverLosses losses;
  EXPECT_THAT(losses.counters(), IsEmpty());
  EXPECT_THAT(losses.lossy(), IsEmpty());
  EXPECT_EQ(losses.sent(), 0u);
}

TEST(DriverLossesTest, WhatWasLostBeforeTheStartIsOld) {
  DriverLosses losses;
  losses.Update({{"eth0", {{"a", 7}}}}, 100, At(0));
  EXPECT_EQ(losses.counters().at("eth0").at("a"), 7u);
  EXPECT_THAT(losses.lossy(), IsEmpty());
}

TEST(DriverLossesTest, LossesOfTheWindowAreSummedByInterface) {
  DriverLosses losses;
  losses.Update(
      {{"eth0", {{"a", 7}, {"b", 0}, {"c", 1}}}, {"eth1", {{"a", 0}}}}, 100,
      At(0));
  losses.Update(
      {{"eth0", {{"a", 17}, {"b", 11}, {"c", 1}}}, {"eth1", {{"a", 0}}}}, 121,
      At(5));
  const auto lossy = losses.lossy();
  ASSERT_EQ(lossy.size(), 1u);
  EXPECT_EQ(lossy.at("eth0").lost, 21u);
  EXPECT_THAT(lossy.at("eth0").counters, ElementsAre("a", "b"));
  EXPECT_EQ(losses.sent(), 21u);
}

TEST(DriverLossesTest, OldLossesAreForgotten) {
  DriverLosses losses;
  losses.Update({{"eth0", {{"a", 0}}}}, 0, At(0));
  losses.Update({{"eth0", {{"a", 5}}}}, 5, At(5));
  losses.Update({{"eth0", {{"a", 5}}}}, 5, At(10));
  EXPECT_EQ(losses.lossy().size(), 1u);
  losses.Update({{"eth0", {{"a", 5}}}}, 5, At(15));
  EXPECT_THAT(losses.lossy(), IsEmpty());
  EXPECT_EQ(losses.counters().at("eth0").at("a"), 5u);
}

TEST(DriverLossesTest, AFewOfManyAreNoMatter) {
  DriverLosses losses;
  losses.Update({{"eth0", {{"a", 0}}}}, 0, At(0));
  losses.Update({{"eth0", {{"a", 10}}}}, 10'000, At(5));
  EXPECT_THAT(losses.lossy(), IsEmpty());
  losses.Update({{"eth0", {{"a", 11}}}}, 10'000, At(6));
  EXPECT_EQ(losses.lossy().at("eth0").lost, 11u);
}

TEST(DriverLossesTest, AnInterfaceThatIsMadeAgainCountsFromZero) {
  DriverLosses losses;
  losses.Update({{"eth0", {{"a", 100}}}}, 0, At(0));
  losses.Update({{"eth0", {{"a", 3}}}}, 3, At(5));
  EXPECT_EQ(losses.lossy().at("eth0").lost, 3u);
  losses.Update({}, 3, At(6));
  EXPECT_THAT(losses.lossy(), IsEmpty());
}

}  // namespace
}  // namespace l275
