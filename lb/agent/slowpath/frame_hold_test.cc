#include "lb/agent/slowpath/frame_hold.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace l275 {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Frame = FrameHold::Frame;

constexpr Ipv4Address kA = Ipv4Address::FromHost(0x0a000001);
constexpr Ipv4Address kB = Ipv4Address::FromHost(0x0a000002);
constexpr Ipv4Address kC = Ipv4Address::FromHost(0x0a000003);

FrameHold::TimePoint At(int ms) {
  return FrameHold::TimePoint() + milliseconds(ms);
}

class FrameHoldTest : public ::testing::Test {
 protected:
  void Add(Ipv4Address backend, uint8_t number, int ms = 0) {
    hold_.Add(backend, {&number, 1}, At(ms));
  }
  uint64_t Dropped(SlowPathDrop reason) const {
    return counters_.dropped[static_cast<size_t>(reason)];
  }

  SlowPathCounters counters_;
  FrameHold hold_{{/*frames_per_backend=*/3, /*frames=*/5, milliseconds(100)},
                  &counters_};
};

TEST_F(FrameHoldTest, GivesEachBackendsFramesInTheirOrder) {
  Add(kA, 1);
  Add(kB, 2);
  Add(kA, 3);
  EXPECT_EQ(hold_.size(), 3u);
  EXPECT_EQ(hold_.SizeOf(kA), 2u);
  EXPECT_THAT(hold_.Backends(), ElementsAre(kA, kB));
  EXPECT_THAT(hold_.Take(kA), ElementsAre(Frame{1}, Frame{3}));
  EXPECT_THAT(hold_.Take(kA), IsEmpty());
  EXPECT_THAT(hold_.Backends(), ElementsAre(kB));
  EXPECT_THAT(hold_.Take(kB), ElementsAre(Frame{2}));
  EXPECT_EQ(hold_.size(), 0u);
}

TEST_F(FrameHoldTest, TheOldestOfABackendThatHasTooManyGoes) {
  Add(kB, 9);  // older, but of another
  for (uint8_t number = 1; number <= 5; ++number) Add(kA, number);
  EXPECT_THAT(hold_.Take(kA), ElementsAre(Frame{3}, Frame{4}, Frame{5}));
  EXPECT_THAT(hold_.Take(kB), ElementsAre(Frame{9}));
  EXPECT_EQ(Dropped(SlowPathDrop::kBackendFull), 2u);
  EXPECT_EQ(Dropped(SlowPathDrop::kFull), 0u);
}

TEST_F(FrameHoldTest, TheOldestOfAllGoesWhenThereAreTooMany) {
  Add(kA, 1);
  Add(kB, 2);
  Add(kA, 3);
  Add(kB, 4);
  Add(kC, 5);
  Add(kC, 6);
  Add(kC, 7);
  EXPECT_EQ(hold_.size(), 5u);
  EXPECT_EQ(Dropped(SlowPathDrop::kFull), 2u);
  EXPECT_THAT(hold_.Take(kA), ElementsAre(Frame{3}));
  EXPECT_THAT(hold_.Take(kB), ElementsAre(Frame{4}));
  EXPECT_THAT(hold_.Take(kC), ElementsAre(Frame{5}, Frame{6}, Frame{7}));
}

// Its own oldest goes: no other backend pays for it.
TEST_F(FrameHoldTest, ABackendThatHasTooManyPaysItselfAlsoWhenAllIsFull) {
  Add(kB, 1);
  Add(kB, 2);
  for (uint8_t number = 3; number <= 6; ++number) Add(kA, number);
  EXPECT_THAT(hold_.Take(kB), ElementsAre(Frame{1}, Frame{2}));
  EXPECT_THAT(hold_.Take(kA), ElementsAre(Frame{4}, Frame{5}, Frame{6}));
}

TEST_F(FrameHoldTest, FramesExpire) {
  EXPECT_EQ(hold_.NextExpiry(), std::nullopt);
  Add(kA, 1, 10);
  Add(kB, 2, 20);
  Add(kA, 3, 30);
  EXPECT_EQ(hold_.NextExpiry(), At(110));
  hold_.Expire(At(109));
  EXPECT_EQ(hold_.size(), 3u);
  hold_.Expire(At(120));
  EXPECT_EQ(hold_.NextExpiry(), At(130));
  EXPECT_THAT(hold_.Backends(), ElementsAre(kA));
  EXPECT_THAT(hold_.Take(kA), ElementsAre(Frame{3}));
  EXPECT_EQ(Dropped(SlowPathDrop::kExpired), 2u);
  EXPECT_EQ(hold_.NextExpiry(), std::nullopt);
}

// What is taken is neither dropped nor counted later.
TEST_F(FrameHoldTest, WhatWasTakenDoesNotExpire) {
  Add(kA, 1);
  hold_.Take(kA);
  hold_.Expire(At(1000));
  EXPECT_EQ(Dropped(SlowPathDrop::kExpired), 0u);
}

TEST(FrameHoldLimitsTest, AreThoseOfTheDocumentation) {
  const FrameHold::Limits limits;
  EXPECT_EQ(limits.frames_per_backend, 64u);
  EXPECT_EQ(limits.frames, 4096u);
  EXPECT_EQ(limits.age, milliseconds(3000));
}

}  // namespace
}  // namespace l275
