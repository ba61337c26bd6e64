#include "lb/agent/health/flap_damper.h"

#include <gtest/gtest.h>

namespace l275 {
namespace {

using std::chrono::seconds;

constexpr FlapDamper::Options kOptions = {3, seconds(60), seconds(30)};

HealthTime At(int s) { return HealthTime(std::chrono::hours(1)) + seconds(s); }

class FlapDamperTest : public ::testing::Test {
 protected:
  // Down, up, down: the next up is one too many.
  void Flap(int at_s) {
    for (int i = 0; i < 3; ++i) damper_.OnChange(kOptions, At(at_s + i));
  }
  bool MayReturn(int at_s) { return damper_.MayReturn(kOptions, At(at_s)); }

  FlapDamper damper_;
};

TEST_F(FlapDamperTest, AFewChangesAreNoFlapping) {
  damper_.OnChange(kOptions, At(0));
  EXPECT_TRUE(MayReturn(1));
  damper_.OnChange(kOptions, At(1));
  EXPECT_TRUE(MayReturn(2));
  EXPECT_EQ(damper_.damped_until(), std::nullopt);
  EXPECT_EQ(damper_.changes(), 2u);
}

TEST_F(FlapDamperTest, TheFourthChangeWithinTheWindowIsDamped) {
  Flap(0);
  EXPECT_FALSE(MayReturn(3));
  EXPECT_EQ(damper_.damped_until(), At(33));
  EXPECT_FALSE(MayReturn(32));
  EXPECT_TRUE(MayReturn(33));
  EXPECT_EQ(damper_.damped_until(), std::nullopt);
  EXPECT_EQ(damper_.dampings(), 1u);
}

TEST_F(FlapDamperTest, ChangesOutsideTheWindowDoNotCount) {
  Flap(0);
  EXPECT_TRUE(MayReturn(61));
}

TEST_F(FlapDamperTest, DampingStartsAgainWhenTheServerDoesNotStayUp) {
  Flap(0);
  EXPECT_FALSE(MayReturn(3));
  damper_.OnRelapse(At(30));
  EXPECT_EQ(damper_.damped_until(), At(60));
  EXPECT_FALSE(MayReturn(59));
  EXPECT_TRUE(MayReturn(60));
}

TEST_F(FlapDamperTest, DampingsGrowToTheLongestAndStay) {
  int now = 0;
  for (int expected : {30, 60, 120, 240, 480, 960, 1920, 1920, 1920}) {
    Flap(now);
    EXPECT_FALSE(MayReturn(now + 3));
    EXPECT_EQ(*damper_.damped_until() - At(now + 3), seconds(expected));
    now += 3 + expected;
    EXPECT_TRUE(MayReturn(now));
    ++now;
  }
}

TEST_F(FlapDamperTest, AServerThatBehavedForLongIsDampedShortlyAgain) {
  Flap(0);
  EXPECT_FALSE(MayReturn(3));
  EXPECT_TRUE(MayReturn(33));
  Flap(33 + 30 + 60 + 1);
  EXPECT_FALSE(MayReturn(128));
  EXPECT_EQ(damper_.damped_until(), At(158));
}

TEST_F(FlapDamperTest, ZeroChangesIsOff) {
  constexpr FlapDamper::Options kOff = {0, seconds(60), seconds(30)};
  for (int i = 0; i < 100; ++i) {
    damper_.OnChange(kOff, At(i));
    EXPECT_TRUE(damper_.MayReturn(kOff, At(i)));
  }
  EXPECT_EQ(damper_.changes(), 100u);
}

TEST_F(FlapDamperTest, RecentChangesAreThoseOfTheWindow) {
  Flap(0);
  EXPECT_TRUE(MayReturn(61));
  EXPECT_EQ(damper_.recent_changes(), 2u);
  Flap(62);
  EXPECT_FALSE(MayReturn(65));
  EXPECT_EQ(damper_.recent_changes(), 3u);
  EXPECT_EQ(damper_.changes(), 6u);
}

TEST_F(FlapDamperTest, ARelapseWithoutDampingIsNothing) {
  damper_.OnRelapse(At(0));
  EXPECT_EQ(damper_.damped_until(), std::nullopt);
}

}  // namespace
}  // namespace l275
