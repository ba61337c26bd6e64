#include "lb/agent/publish/slot_writer.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <ostream>
#include <vector>

namespace l275 {
namespace {

constexpr uint32_t kNone = 0;
constexpr uint32_t kOne = 1;
constexpr uint32_t kTwo = 2;
constexpr uint32_t kDead = 3;
constexpr uint32_t kDraining = 4;
constexpr uint32_t kTracked = L275_SLOT_TRACKED;
constexpr uint32_t kUnrecorded = L275_PRIOR_UNRECORDED;

constexpr uint32_t kSlots = 64;
constexpr uint32_t kSlot = 21;
constexpr uint32_t kIdle = 100;      // ticks
constexpr uint32_t kChanged = 1000;  // tick
// The first tick of which it is certain that the idle timeout is over.
constexpr uint32_t kOver = kChanged + kIdle + 2;

bool NothingAway(uint32_t) { return false; }

class SlotWriterTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto maps = Maps::Create({1, 4, kSlots});
    ASSERT_TRUE(maps.ok()) << maps.status();
    maps_ = *std::move(maps);
    maps_->backends()[kOne].flags = L275_BACKEND_ALIVE;
    maps_->backends()[kTwo].flags = L275_BACKEND_ALIVE;
    maps_->backends()[kDraining].flags =
        L275_BACKEND_ALIVE | L275_BACKEND_DRAINING;
    writer_ = std::make_unique<SlotWriter>(maps_.get());
  }

  uint32_t& Word(uint32_t slot = kSlot) { return maps_->slots()[slot]; }
  uint32_t& Prior(uint32_t slot = kSlot) { return maps_->priors()[slot]; }

  // From untracked at backend one to tracked at backend two.
  void Track(uint32_t slot, uint32_t tick = kChanged) {
    Word(slot) = kOne;
    writer_->Change(slot, {kTwo}, tick);
  }
  void Settle(uint32_t tick, const std::function<bool(uint32_t)>& away) {
    writer_->Settle(0, kSlots, tick, kIdle, away);
  }

  std::unique_ptr<Maps> maps_;
  std::unique_ptr<SlotWriter> writer_;
};

TEST_F(SlotWriterTest, FillsSlotsWithoutTrackingThem) {
  Word(2) = kTracked | kOne;  // what a table of another time left
  writer_->Fill(1, {kOne, kTwo, kNone});
  EXPECT_EQ(Word(1), kOne);
  EXPECT_EQ(Word(2), kTwo);
  EXPECT_EQ(Word(3), kNone);
  EXPECT_EQ(writer_->tracked(), 0u);
}

struct State {
  uint32_t word;
  uint32_t prior;
};

struct Transition {
  const char* description;
  State before;
  uint32_t owner;  // new
  State after;
};

TEST_F(SlotWriterTest, Changes) {
  const Transition kTransitions[] = {
      {"untracked, the same owner", {kOne, 0}, kOne, {kOne, 0}},
      {"untracked, a living owner is replaced",
       {kOne, 0},
       kTwo,
       {kTracked | kTwo, kOne}},
      {"untracked, a draining owner is replaced",
       {kDraining, 0},
       kTwo,
       {kTracked | kTwo, kDraining}},
      {"untracked, nobody after a living owner",
       {kOne, 0},
       kNone,
       {kTracked | kNone, kOne}},
      {"untracked, a dead owner is replaced", {kDead, 0}, kTwo, {kTwo, 0}},
      {"untracked, nobody after a dead owner", {kDead, 0}, kNone, {kNone, 0}},
      {"untracked, the first owner", {kNone, 0}, kTwo, {kTwo, 0}},
      {"untracked, what the prior was does not matter",
       {kOne, kUnrecorded | kDead},
       kTwo,
       {kTracked | kTwo, kOne}},
      {"tracked, the same owner",
       {kTracked | kTwo, kOne},
       kTwo,
       {kTracked | kTwo, kOne}},
      {"tracked, another owner",
       {kTracked | kTwo, kOne},
       kDraining,
       {kTracked | kDraining, kOne}},
      {"tracked, another owner, and flows that were not recorded",
       {kTracked | kTwo, kUnrecorded | kOne},
       kDraining,
       {kTracked | kDraining, kUnrecorded | kOne}},
      {"tracked, back at the prior",
       {kTracked | kTwo, kOne},
       kOne,
       {kTracked | kOne, kOne}},
      {"tracked, a dead owner is replaced",
       {kTracked | kDead, kOne},
       kTwo,
       {kTracked | kTwo, kOne}},
      {"tracked, nobody, the prior lives",
       {kTracked | kTwo, kOne},
       kNone,
       {kTracked | kNone, kOne}},
      {"tracked, the prior died",
       {kTracked | kTwo, kDead},
       kTwo,
       {kTracked | kTwo, kTwo}},
      {"tracked, the prior died, and what was not recorded with it",
       {kTracked | kTwo, kUnrecorded | kDead},
       kTwo,
       {kTracked | kTwo, kTwo}},
      {"tracked, the prior died as the owner changed",
       {kTracked | kTwo, kDead},
       kOne,
       {kTracked | kOne, kTwo}},
      {"tracked, prior and owner died",
       {kTracked | kDead, kDead},
       kTwo,
       {kTracked | kTwo, kTwo}},
      {"tracked, the last died",
       {kTracked | kDead, kDead},
       kNone,
       {kTracked | kNone, kNone}},
      {"tracked, nobody was left, and one comes",
       {kTracked | kNone, kNone},
       kTwo,
       {kTracked | kTwo, kTwo}},
  };
  for (const Transition& row : kTransitions) {
    SCOPED_TRACE(row.description);
    Word() = row.before.word;
    Prior() = row.before.prior;
    const uint32_t tracked = writer_->tracked();
    writer_->Change(kSlot, {row.owner}, kChanged);
    EXPECT_EQ(Word(), row.after.word);
    EXPECT_EQ(Prior(), row.after.prior);
    const bool begins =
        (row.before.word & kTracked) == 0 && (row.after.word & kTracked) != 0;
    EXPECT_EQ(writer_->tracked() - tracked, begins ? 1u : 0u);
    EXPECT_EQ(Word(kSlot - 1), 0u);
    EXPECT_EQ(Word(kSlot + 1), 0u);
  }
}

TEST_F(SlotWriterTest, SettlesInTwoSteps) {
  Track(kSlot);
  Settle(kOver - 1, NothingAway);
  EXPECT_EQ(Prior(), kOne);
  Settle(kOver, NothingAway);
  EXPECT_EQ(Word(), kTracked | kTwo);
  EXPECT_EQ(Prior(), kTwo);
  Settle(kOver, NothingAway);
  EXPECT_EQ(Word(), kTwo);
  EXPECT_EQ(writer_->tracked(), 0u);
}

TEST_F(SlotWriterTest, StaysTrackedWhileAFlowIsAway) {
  Track(kSlot);
  Track(kSlot + 1);
  const auto away = [](uint32_t slot) { return slot == kSlot; };
  for (int sweep = 0; sweep < 3; ++sweep) Settle(kOver, away);
  EXPECT_EQ(Word(), kTracked | kTwo);
  EXPECT_EQ(Word(kSlot + 1), kTwo);
  EXPECT_EQ(writer_->tracked(), 1u);
  Settle(kOver, NothingAway);
  EXPECT_EQ(Word(), kTwo);
}

TEST_F(SlotWriterTest, AFlowThatWasNotRecordedBeginsTheWaitAnew) {
  Track(kSlot);
  Prior() |= kUnrecorded;
  Settle(kOver, NothingAway);
  EXPECT_EQ(Prior(), kOne);
  Settle(kOver + kIdle + 1, NothingAway);
  EXPECT_EQ(Prior(), kOne);
  Settle(kOver + kIdle + 2, NothingAway);
  EXPECT_EQ(Prior(), kTwo);
}

TEST_F(SlotWriterTest, AChangeBeginsTheWaitAnew) {
  const struct {
    const char* description;
    uint32_t owner;
    uint32_t dies;
    bool waits;
  } kRows[] = {
      {"another owner", kDraining, kNone, true},
      {"back at the prior", kOne, kNone, true},
      {"the prior dies", kTwo, kOne, true},
      {"nothing", kTwo, kNone, false},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    Track(kSlot);
    maps_->backends()[row.dies].flags = 0;
    writer_->Change(kSlot, {row.owner}, kOver - 1);
    for (int sweep = 0; sweep < 2; ++sweep) Settle(kOver, NothingAway);
    EXPECT_EQ((Word() & kTracked) != 0, row.waits);
    for (int sweep = 0; sweep < 2; ++sweep) {
      Settle(kOver - 1 + kIdle + 2, NothingAway);
    }
    EXPECT_EQ(Word(), row.owner);
    maps_->backends()[kOne].flags = L275_BACKEND_ALIVE;
  }
}

// A change after the first step: flows without an entry were at the owner.
TEST_F(SlotWriterTest, AChangeWhileItSettlesKeepsTheNewPrior) {
  Track(kSlot);
  Settle(kOver, NothingAway);
  writer_->Change(kSlot, {kDraining}, kOver);
  Settle(kOver + 1, NothingAway);
  EXPECT_EQ(Word(), kTracked | kDraining);
  EXPECT_EQ(Prior(), kTwo);
}

// Times are kept for 16 slots together: the later one counts.
TEST_F(SlotWriterTest, NeighboursWaitForEachOther) {
  constexpr uint32_t kFirst = 16, kLast = 31, kNext = 32;
  Track(kFirst, kChanged);
  Track(kNext, kChanged);
  Track(kLast, kChanged + 50);
  for (int sweep = 0; sweep < 2; ++sweep) Settle(kOver + 49, NothingAway);
  EXPECT_EQ(Word(kFirst), kTracked | kTwo);
  EXPECT_EQ(Word(kNext), kTwo);
  for (int sweep = 0; sweep < 2; ++sweep) Settle(kOver + 50, NothingAway);
  EXPECT_EQ(Word(kFirst), kTwo);
  EXPECT_EQ(Word(kLast), kTwo);
}

TEST_F(SlotWriterTest, TicksMayWrapAround) {
  const uint32_t late = ~uint32_t{0} - kIdle / 2;
  Track(kSlot, late);
  for (int sweep = 0; sweep < 2; ++sweep) {
    Settle(late + kIdle + 1, NothingAway);
  }
  EXPECT_EQ(Word(), kTracked | kTwo);
  for (int sweep = 0; sweep < 2; ++sweep) {
    Settle(late + kIdle + 2, NothingAway);
  }
  EXPECT_EQ(Word(), kTwo);
}

TEST_F(SlotWriterTest, SettlesOnlyTheRange) {
  Track(10);
  Track(11);
  Track(12);
  for (int sweep = 0; sweep < 2; ++sweep) {
    writer_->Settle(11, 1, kOver, kIdle, NothingAway);
  }
  EXPECT_EQ(Word(10), kTracked | kTwo);
  EXPECT_EQ(Word(11), kTwo);
  EXPECT_EQ(Word(12), kTracked | kTwo);
}

TEST_F(SlotWriterTest, SettlesAllOfAnUnusedRangeAtOnce) {
  Track(10);
  Track(11);
  Prior(10) |= kUnrecorded;
  Track(12);
  writer_->SettleAll(10, 2);
  EXPECT_EQ(Word(10), kTwo);
  EXPECT_EQ(Word(11), kTwo);
  EXPECT_EQ(Word(12), kTracked | kTwo);
  EXPECT_EQ(writer_->tracked(), 1u);
}

TEST_F(SlotWriterTest, Follows) {
  const struct {
    const char* description;
    State before;
    uint32_t fallback;
    bool tracked;
    State after;
  } kRows[] = {
      {"untracked on both, the same owner", {kOne, 0}, kOne, false, {kOne, 0}},
      {"untracked there, another owner",
       {kOne, 0},
       kTwo,
       false,
       {kTracked | kOne, kTwo}},
      {"untracked there, nobody's that is here",
       {kOne, kTwo},
       kNone,
       false,
       {kOne, kTwo}},
      {"tracked there, away from the owner",
       {kOne, 0},
       kTwo,
       true,
       {kTracked | kOne, kTwo}},
      {"tracked there, at the owner",
       {kOne, kTwo},
       kOne,
       true,
       {kTracked | kOne, kOne}},
      {"tracked there, nobody's that is here",
       {kOne, kTwo},
       kNone,
       true,
       {kTracked | kOne, kOne}},
      {"tracked on both, the same prior",
       {kTracked | kOne, kUnrecorded | kTwo},
       kTwo,
       true,
       {kTracked | kOne, kUnrecorded | kTwo}},
      {"tracked on both, another prior",
       {kTracked | kOne, kTwo},
       kDraining,
       true,
       {kTracked | kOne, kDraining}},
      {"tracked here, settled there",
       {kTracked | kOne, kTwo},
       kOne,
       false,
       {kOne, kTwo}},
      {"tracked here, untracked there at the prior",
       {kTracked | kOne, kTwo},
       kTwo,
       false,
       {kTracked | kOne, kTwo}},
      {"no owner here", {kNone, 0}, kTwo, false, {kTracked | kNone, kTwo}},
      {"no owner on both", {kNone, 0}, kNone, false, {kNone, 0}},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    Word() = row.before.word;
    Prior() = row.before.prior;
    const uint32_t tracked = writer_->tracked();
    writer_->Follow(kSlot, row.fallback, row.tracked, kChanged);
    EXPECT_EQ(Word(), row.after.word);
    EXPECT_EQ(Prior(), row.after.prior);
    const auto is_tracked = [](const State& state) {
      return (state.word & kTracked) != 0 ? 1 : 0;
    };
    EXPECT_EQ(static_cast<int>(writer_->tracked() - tracked),
              is_tracked(row.after) - is_tracked(row.before));
  }
}

TEST_F(SlotWriterTest, WhatItFollowsBeginsTheWait) {
  Word() = kOne;
  writer_->Follow(kSlot, kTwo, /*tracked=*/true, kChanged);
  Settle(kOver - 1, NothingAway);
  EXPECT_EQ(Prior(), kTwo);
  for (int sweep = 0; sweep < 2; ++sweep) Settle(kOver, NothingAway);
  EXPECT_EQ(Word(), kOne);
}

TEST_F(SlotWriterTest, WhatIsPostponedWaitsAnew) {
  Track(kSlot);
  Track(kSlot + 16);
  writer_->Postpone(kSlot, 1, kOver);
  for (int sweep = 0; sweep < 2; ++sweep) Settle(kOver, NothingAway);
  EXPECT_EQ(Word(), kTracked | kTwo);
  EXPECT_EQ(Word(kSlot + 16), kTwo);
  for (int sweep = 0; sweep < 2; ++sweep) {
    Settle(kOver + kIdle + 2, NothingAway);
  }
  EXPECT_EQ(Word(), kTwo);
}

// So that the sweep takes away what is left of their flows.
TEST_F(SlotWriterTest, ForgottenSlotsAreNotTracked) {
  Track(10);
  Track(11);
  writer_->Forget(10, 1);
  EXPECT_EQ(Word(10), kTwo);
  EXPECT_EQ(Word(11), kTracked | kTwo);
  EXPECT_EQ(writer_->tracked(), 1u);
}

}  // namespace
}  // namespace l275
