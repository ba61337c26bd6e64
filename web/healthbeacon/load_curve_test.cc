#include "web/healthbeacon/load_curve.h"

#include <gtest/gtest.h>

namespace l275 {
namespace {

using std::chrono::seconds;

// A sample each second.
class LoadCurveTest : public ::testing::Test {
 protected:
  // Returns how often the percentage changed.
  int Feed(LoadCurve* curve, double busy, int for_seconds) {
    int changes = 0;
    for (int i = 0; i < for_seconds; ++i) {
      now_ += seconds(1);
      if (curve->Add(busy, now_)) ++changes;
    }
    return changes;
  }

  LoadCurve::Time now_;
};

TEST_F(LoadCurveTest, AnIdleServerAnnouncesAll) {
  LoadCurve curve(20, now_);
  EXPECT_EQ(curve.percent(), 100);
  EXPECT_EQ(Feed(&curve, 0.0, 100), 0);
  EXPECT_EQ(Feed(&curve, 0.69, 100), 0);
  EXPECT_EQ(curve.percent(), 100);
}

TEST_F(LoadCurveTest, ABusyOneGoesDownStepByStepToTheFloor) {
  LoadCurve curve(20, now_);
  while (curve.percent() == 100) Feed(&curve, 1.0, 1);
  EXPECT_EQ(curve.percent(), 90);
  EXPECT_GT(curve.smoothed(), 0.70);
  EXPECT_EQ(Feed(&curve, 1.0, 4), 0) << "no step within 5 s";
  EXPECT_EQ(Feed(&curve, 1.0, 1), 1);
  EXPECT_EQ(curve.percent(), 80);
  EXPECT_EQ(Feed(&curve, 1.0, 1000), 6);
  EXPECT_EQ(curve.percent(), 20);
}

TEST_F(LoadCurveTest, ComesBackWhenTheLoadGoes) {
  LoadCurve curve(20, now_);
  Feed(&curve, 1.0, 1000);
  EXPECT_EQ(Feed(&curve, 0.1, 1000), 8);
  EXPECT_EQ(curve.percent(), 100);
}

TEST_F(LoadCurveTest, TheMiddleOfTheCurve) {
  LoadCurve curve(20, now_);
  // (0.825 - 0.70) / 0.25 is the half: 60 %, a step of 10 at a time.
  Feed(&curve, 0.825, 1000);
  EXPECT_EQ(curve.percent(), 60);
}

TEST_F(LoadCurveTest, AFloorBetweenSteps) {
  LoadCurve curve(75, now_);
  Feed(&curve, 1.0, 1000);
  EXPECT_EQ(curve.percent(), 75);
  Feed(&curve, 0.0, 1000);
  EXPECT_EQ(curve.percent(), 100);
}

TEST_F(LoadCurveTest, AFloorOfAllChangesNothing) {
  LoadCurve curve(100, now_);
  EXPECT_EQ(Feed(&curve, 1.0, 1000), 0);
  EXPECT_EQ(curve.percent(), 100);
}

TEST_F(LoadCurveTest, ALoadThatSwingsDoesNotMakeItSwing) {
  LoadCurve curve(20, now_);
  Feed(&curve, 0.80, 1000);
  int changes = 0;
  for (int i = 0; i < 100; ++i) {
    changes += Feed(&curve, 0.84, 15);
    changes += Feed(&curve, 0.76, 15);
  }
  EXPECT_LE(changes, 1);
  EXPECT_GE(Feed(&curve, 0.99, 60), 3) << "a real change is followed";
}

TEST_F(LoadCurveTest, SomeBusySecondsAreNoLoad) {
  LoadCurve curve(20, now_);
  Feed(&curve, 0.2, 60);
  EXPECT_EQ(Feed(&curve, 1.0, 5), 0);
}

TEST_F(LoadCurveTest, ASampleAfterALongPauseCountsForAll) {
  LoadCurve curve(20, now_);
  Feed(&curve, 0.0, 10);
  now_ += seconds(3600);
  EXPECT_TRUE(curve.Add(1.0, now_));
  EXPECT_NEAR(curve.smoothed(), 1.0, 1e-9);
}

}  // namespace
}  // namespace l275
