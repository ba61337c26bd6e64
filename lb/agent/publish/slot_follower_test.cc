#include "lb/agent/publish/slot_follower.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <vector>

namespace l275 {
namespace {

constexpr uint32_t kFirst = 37;  // slot of the table's first
constexpr uint32_t kSlots = 131;
constexpr uint32_t kTick = 1000;
constexpr uint32_t kTracked = L275_SLOT_TRACKED;

constexpr Ipv4Address kOne = Ipv4Address::FromHost(0x0a000101);
constexpr Ipv4Address kTwo = Ipv4Address::FromHost(0x0a000102);
constexpr Ipv4Address kElsewhere = Ipv4Address::FromHost(0x0a000109);
constexpr Ipv4Address kNone;

class SlotFollowerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto maps = Maps::Create({1, 4, kFirst + kSlots + 64});
    ASSERT_TRUE(maps.ok()) << maps.status();
    maps_ = *std::move(maps);
    slots_ = std::make_unique<SlotWriter>(maps_.get());
    follower_ = std::make_unique<SlotFollower>(slots_.get());
    service_.first_slot = kFirst;
    service_.source.table_size = kSlots;
    AddBackend(1, kOne);
    AddBackend(2, kTwo);
    // All of backend one, which is also the other one's table by default.
    std::fill_n(maps_->slots() + kFirst, kSlots, 1);
  }

  void AddBackend(uint32_t id, Ipv4Address address) {
    maps_->backends()[id] = {address.ToNetwork(), 0, 1, L275_BACKEND_ALIVE};
    service_.backends[address].id = id;
  }

  uint32_t Word(uint32_t slot) const { return maps_->slots()[kFirst + slot]; }
  uint32_t Prior(uint32_t slot) const { return maps_->priors()[kFirst + slot]; }

  uint32_t Follow(const std::vector<SlotRange>& ranges,
                  const std::vector<MaglevBackend>& backends = {{kOne, 100}}) {
    return follower_->Follow(service_, {kSlots, backends}, ranges, kTick);
  }

  std::unique_ptr<Maps> maps_;
  std::unique_ptr<SlotWriter> slots_;
  std::unique_ptr<SlotFollower> follower_;
  WrittenService service_;
};

TEST_F(SlotFollowerTest, TheSameTableTracksNothing) {
  EXPECT_EQ(Follow({{0}, {1}, {2}}), 0u);
  EXPECT_EQ(slots_->tracked(), 0u);
  for (uint32_t i = 0; i < kSlots; ++i) ASSERT_EQ(Word(i), 1u);
}

TEST_F(SlotFollowerTest, ATrackedSlotGetsItsPriorAndKeepsItsOwner) {
  const uint64_t third_and_last = 1 << 2 | uint64_t{1} << 63;
  EXPECT_EQ(Follow({{1, third_and_last, {kTwo, kOne}}}), 0u);
  EXPECT_EQ(Word(64 + 2), kTracked | 1);
  EXPECT_EQ(Prior(64 + 2), 2u);
  EXPECT_EQ(Word(64 + 63), kTracked | 1);
  EXPECT_EQ(Prior(64 + 63), 1u);
  EXPECT_EQ(slots_->tracked(), 2u);
}

TEST_F(SlotFollowerTest, SlotsOfOtherRangesStayAsTheyAre) {
  EXPECT_EQ(Follow({{1}}, {{kTwo, 100}}), 0u);
  EXPECT_EQ(slots_->tracked(), SlotRange::kSlots);
  EXPECT_EQ(Word(63), 1u);
  EXPECT_EQ(Word(64), kTracked | 1);
  EXPECT_EQ(Prior(64), 2u);
  EXPECT_EQ(Word(128), 1u);
}

// The last range has three slots; behind them is another service.
TEST_F(SlotFollowerTest, TheLastRangeEndsWithTheTable) {
  maps_->slots()[kFirst + kSlots] = 1;
  EXPECT_EQ(Follow({{2}}, {{kTwo, 100}}), 0u);
  EXPECT_EQ(slots_->tracked(), 3u);
  EXPECT_EQ(Word(kSlots), 1u);
}

TEST_F(SlotFollowerTest, WhereOwnersDifferTheOthersOwnerIsThePrior) {
  const std::vector<MaglevBackend> both = {{kOne, 100}, {kTwo, 100}};
  const std::vector<uint32_t> owners = BuildMaglevTable(both, kSlots);
  EXPECT_EQ(Follow({{0}, {1}, {2}}, both), 0u);
  for (uint32_t i = 0; i < kSlots; ++i) {
    SCOPED_TRACE(i);
    ASSERT_EQ(Word(i), owners[i] == 0 ? 1u : kTracked | 1);
    ASSERT_EQ(Prior(i), owners[i] == 0 ? 0u : 2u);
  }
}

TEST_F(SlotFollowerTest, FollowsBackToUntracked) {
  Follow({{0, 1, {kTwo}}});
  ASSERT_EQ(slots_->tracked(), 1u);
  Follow({{0}});
  EXPECT_EQ(slots_->tracked(), 0u);
  EXPECT_EQ(Word(0), 1u);
}

// Flows of a backend that is not here are nobody's.
TEST_F(SlotFollowerTest, CountsSlotsOfBackendsThatAreNotHere) {
  EXPECT_EQ(Follow({{0, 1 | 1 << 1, {kElsewhere, kTwo}}}), 1u);
  EXPECT_EQ(Word(0), kTracked | 1);
  EXPECT_EQ(Prior(0), 1u);
  EXPECT_EQ(Prior(1), 2u);
  EXPECT_EQ(Follow({{2}}, {{kElsewhere, 100}}), 3u);
  EXPECT_EQ(Word(kSlots - 1), 1u);
}

TEST_F(SlotFollowerTest, ATrackedSlotWithoutAPriorIsItsOwners) {
  EXPECT_EQ(Follow({{0, 1, {kNone}}}), 1u);
  EXPECT_EQ(Word(0), kTracked | 1);
  EXPECT_EQ(Prior(0), 1u);
}

TEST_F(SlotFollowerTest, FollowsPlacesSlotBySlot) {
  constexpr Ipv4Address kDead = Ipv4Address::FromHost(0x0a000103);
  AddBackend(3, kDead);
  service_.backends[kOne].alive = true;
  service_.backends[kTwo].alive = true;
  const std::vector<SlotPlace> places = {
      {kOne, false}, {kTwo, false},       {kOne, true},  {kTwo, true},
      {kDead, true}, {kElsewhere, false}, {kNone, false}};
  EXPECT_EQ(follower_->Follow(service_, places, kTick), 2u);
  const uint32_t words[] = {
      1, kTracked | 1, kTracked | 1, kTracked | 1, kTracked | 1, 1, 1, 1};
  for (uint32_t i = 0; i < 8; ++i) EXPECT_EQ(Word(i), words[i]) << i;
  const uint32_t priors[] = {0, 2, 1, 2, 1};
  for (uint32_t i = 0; i < 5; ++i) EXPECT_EQ(Prior(i), priors[i]) << i;
  EXPECT_EQ(slots_->tracked(), 4u);
}

// There the last backend has gone.
TEST_F(SlotFollowerTest, AnEmptyTableHasNoFlowsToKeep) {
  EXPECT_EQ(Follow({{0}, {1, 1 << 4, {kTwo}}, {2}}, {}), 0u);
  EXPECT_EQ(slots_->tracked(), 1u);
  EXPECT_EQ(Word(64 + 4), kTracked | 1);
  EXPECT_EQ(Prior(64 + 4), 2u);
}

}  // namespace
}  // namespace l275
