#include "lb/agent/publish/slot_export.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace l275 {
namespace {

constexpr uint32_t kFirst = 37;  // slot of the table's first
constexpr uint32_t kSlots = 131;
constexpr uint32_t kTracked = L275_SLOT_TRACKED;

constexpr Ipv4Address kOne = Ipv4Address::FromHost(0x0a000101);
constexpr Ipv4Address kTwo = Ipv4Address::FromHost(0x0a000102);
constexpr Ipv4Address kDrained = Ipv4Address::FromHost(0x0a000103);

class SlotExportTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto maps = Maps::Create({1, 4, kFirst + kSlots + 1});
    ASSERT_TRUE(maps.ok()) << maps.status();
    maps_ = *std::move(maps);
    maps_->backends()[1].address = kOne.ToNetwork();
    maps_->backends()[2].address = kTwo.ToNetwork();
    service_.first_slot = kFirst;
    service_.source.table_size = kSlots;
  }

  // A slot of the table whose flows without an entry go to a backend id.
  void Track(uint32_t slot, uint32_t prior) {
    maps_->slots()[kFirst + slot] = kTracked | 1;
    maps_->priors()[kFirst + slot] = prior;
  }
  SlotRange Export(uint32_t index) const {
    return ExportRange(*maps_, service_, index);
  }

  std::unique_ptr<Maps> maps_;
  WrittenService service_;
};

TEST_F(SlotExportTest, ATableIsItsSizeAndBackendsOfSomeWeight) {
  service_.source.backends = {{kOne, {100}}, {kDrained, {0}}, {kTwo, {20}}};
  const PortableTable table = ExportTable(service_);
  EXPECT_EQ(table.slots, kSlots);
  const std::vector<MaglevBackend> expected = {{kOne, 100}, {kTwo, 20}};
  EXPECT_EQ(table.backends, expected);
}

TEST_F(SlotExportTest, UntrackedSlotsSayNothingOfTheirPrior) {
  maps_->slots()[kFirst] = 1;
  maps_->priors()[kFirst] = 2;
  const SlotRange expected = {0, 0, {}};
  EXPECT_EQ(Export(0), expected);
}

TEST_F(SlotExportTest, PriorsComeInTheOrderOfTheirSlots) {
  Track(0, 2);
  Track(5, L275_PRIOR_UNRECORDED | 1);
  Track(63, 0);
  Track(64, 1);  // of the next range
  const SlotRange expected = {
      0, 1 | 1 << 5 | uint64_t{1} << 63, {kTwo, kOne, Ipv4Address()}};
  EXPECT_EQ(Export(0), expected);
  const SlotRange next = {1, 1, {kOne}};
  EXPECT_EQ(Export(1), next);
}

// What lies beside the table in the map is another service's.
TEST_F(SlotExportTest, TheLastRangeEndsWithTheTable) {
  ASSERT_EQ(RangesOf(kSlots), 3u);
  Track(kSlots - 1, 2);
  Track(kSlots, 1);
  maps_->slots()[kFirst - 1] = kTracked | 1;
  const SlotRange expected = {2, 1 << 2, {kTwo}};
  EXPECT_EQ(Export(2), expected);
  const SlotRange first = {0, 0, {}};
  EXPECT_EQ(Export(0), first);
}

TEST_F(SlotExportTest, PlacesAreThePriorsWhileTheyLive) {
  maps_->backends()[1].flags = L275_BACKEND_ALIVE;
  maps_->backends()[2].flags = L275_BACKEND_ALIVE | L275_BACKEND_DRAINING;
  maps_->slots()[kFirst] = 1;
  maps_->priors()[kFirst] = 2;
  Track(1, 2);
  Track(2, L275_PRIOR_UNRECORDED | 2);
  constexpr uint32_t kDead = 3;
  Track(3, kDead);
  Track(4, 0);
  maps_->slots()[kFirst + 5] = kDead;
  std::vector<SlotPlace> expected = {{kOne, false}, {kTwo, true},
                                     {kTwo, true},  {kOne, true},
                                     {kOne, true},  {Ipv4Address(), false}};
  expected.resize(kSlots);
  EXPECT_EQ(ExportPlaces(*maps_, service_), expected);
}

TEST_F(SlotExportTest, RangesCoverTheTable) {
  EXPECT_EQ(RangesOf(2), 1u);
  EXPECT_EQ(RangesOf(64), 1u);
  EXPECT_EQ(RangesOf(65), 2u);
  EXPECT_EQ(RangesOf(65537), 1025u);
}

}  // namespace
}  // namespace l275
