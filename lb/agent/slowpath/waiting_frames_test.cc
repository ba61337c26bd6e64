#include "lb/agent/slowpath/waiting_frames.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace l275 {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Frame = WaitingFrames::Frame;

constexpr Ipv4Address kA = Ipv4Address::FromHost(0x0a000001);
constexpr Ipv4Address kB = Ipv4Address::FromHost(0x0a000002);
constexpr Ipv4Address kC = Ipv4Address::FromHost(0x0a000003);

WaitingFrames::TimePoint At(int ms) {
  return WaitingFrames::TimePoint() + milliseconds(ms);
}

class WaitingFramesTest : public ::testing::Test {
 protected:
  void Add(Ipv4Address backend, uint8_t number, int ms = 0) {
    waiting_.Add(backend, {&number, 1}, At(ms));
  }
  uint64_t Dropped(SlowPathDrop reason) const {
    return counters_.dropped.Of(reason);
  }

  SlowPathCounters counters_;
  WaitingFrames waiting_{
      {/*frames_per_backend=*/3, /*frames=*/5, milliseconds(100)}, &counters_};
};

TEST_F(WaitingFramesTest, GivesEachBackendsFramesInTheirOrder) {
  Add(kA, 1);
  Add(kB, 2);
  Add(kA, 3);
  EXPECT_EQ(waiting_.size(), 3u);
  EXPECT_EQ(waiting_.SizeOf(kA), 2u);
  EXPECT_THAT(waiting_.Backends(), ElementsAre(kA, kB));
  EXPECT_THAT(waiting_.Take(kA), ElementsAre(Frame{1}, Frame{3}));
  EXPECT_THAT(waiting_.Take(kA), IsEmpty());
  EXPECT_THAT(waiting_.Backends(), ElementsAre(kB));
  EXPECT_THAT(waiting_.Take(kB), ElementsAre(Frame{2}));
  EXPECT_EQ(waiting_.size(), 0u);
}

TEST_F(WaitingFramesTest, TheOldestOfABackendThatHasTooManyGoes) {
  Add(kB, 9);  // older, but of another
  for (uint8_t number = 1; number <= 5; ++number) Add(kA, number);
  EXPECT_THAT(waiting_.Take(kA), ElementsAre(Frame{3}, Frame{4}, Frame{5}));
  EXPECT_THAT(waiting_.Take(kB), ElementsAre(Frame{9}));
  EXPECT_EQ(Dropped(SlowPathDrop::kBackendFull), 2u);
  EXPECT_EQ(Dropped(SlowPathDrop::kFull), 0u);
}

TEST_F(WaitingFramesTest, TheOldestOfAllGoesWhenThereAreTooMany) {
  Add(kA, 1);
  Add(kB, 2);
  Add(kA, 3);
  Add(kB, 4);
  Add(kC, 5);
  Add(kC, 6);
  Add(kC, 7);
  EXPECT_EQ(waiting_.size(), 5u);
  EXPECT_EQ(Dropped(SlowPathDrop::kFull), 2u);
  EXPECT_THAT(waiting_.Take(kA), ElementsAre(Frame{3}));
  EXPECT_THAT(waiting_.Take(kB), ElementsAre(Frame{4}));
  EXPECT_THAT(waiting_.Take(kC), ElementsAre(Frame{5}, Frame{6}, Frame{7}));
}

// Its own oldest goes: no other backend pays for it.
TEST_F(WaitingFramesTest, ABackendThatHasTooManyPaysItselfAlsoWhenAllIsFull) {
  Add(kB, 1);
  Add(kB, 2);
  for (uint8_t number = 3; number <= 6; ++number) Add(kA, number);
  EXPECT_THAT(waiting_.Take(kB), ElementsAre(Frame{1}, Frame{2}));
  EXPECT_THAT(waiting_.Take(kA), ElementsAre(Frame{4}, Frame{5}, Frame{6}));
}

TEST_F(WaitingFramesTest, FramesExpire) {
  EXPECT_EQ(waiting_.NextExpiry(), std::nullopt);
  Add(kA, 1, 10);
  Add(kB, 2, 20);
  Add(kA, 3, 30);
  EXPECT_EQ(waiting_.NextExpiry(), At(110));
  waiting_.Expire(At(109));
  EXPECT_EQ(waiting_.size(), 3u);
  waiting_.Expire(At(120));
  EXPECT_EQ(waiting_.NextExpiry(), At(130));
  EXPECT_THAT(waiting_.Backends(), ElementsAre(kA));
  EXPECT_THAT(waiting_.Take(kA), ElementsAre(Frame{3}));
  EXPECT_EQ(Dropped(SlowPathDrop::kExpired), 2u);
  EXPECT_EQ(waiting_.NextExpiry(), std::nullopt);
}

// What is taken is neither dropped nor counted later.
TEST_F(WaitingFramesTest, WhatWasTakenDoesNotExpire) {
  Add(kA, 1);
  waiting_.Take(kA);
  waiting_.Expire(At(1000));
  EXPECT_EQ(Dropped(SlowPathDrop::kExpired), 0u);
}

TEST(WaitingFramesLimitsTest, AreThoseOfTheDocumentation) {
  const WaitingFrames::Limits limits;
  EXPECT_EQ(limits.frames_per_backend, 64u);
  EXPECT_EQ(limits.frames, 4096u);
  EXPECT_EQ(limits.age, milliseconds(3000));
}

}  // namespace
}  // namespace l275
