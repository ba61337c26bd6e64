#include "lb/agent/table/maglev.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace l275 {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Lt;

MaglevBackend Backend(uint32_t number, uint32_t weight = 100) {
  return {Ipv4Address::FromHost(0x0a000065 + number), weight};  // 10.0.0.101 on
}

std::vector<MaglevBackend> Backends(int count) {
  std::vector<MaglevBackend> backends;
  for (int i = 0; i < count; ++i) backends.push_back(Backend(i));
  return backends;
}

// The table with the backends' addresses in place of their indices.
std::vector<Ipv4Address> Owners(const std::vector<MaglevBackend>& backends,
                                uint32_t slots) {
  std::vector<Ipv4Address> owners;
  for (uint32_t index : BuildMaglevTable(backends, slots)) {
    owners.push_back(backends[index].address);
  }
  return owners;
}

std::vector<int> SlotsOfEach(const std::vector<MaglevBackend>& backends,
                             uint32_t slots) {
  std::vector<int> counts(backends.size());
  for (uint32_t index : BuildMaglevTable(backends, slots)) ++counts[index];
  return counts;
}

TEST(MaglevTest, NoBackendsMakeNoTable) {
  EXPECT_THAT(BuildMaglevTable({}, 7), IsEmpty());
}

TEST(MaglevTest, OneBackendOwnsAll) {
  EXPECT_THAT(BuildMaglevTable(Backends(1), 7),
              ElementsAre(0, 0, 0, 0, 0, 0, 0));
}

// Literal tables: what load balancers of every later version must build too.
TEST(MaglevTest, ThreeEqualBackends) {
  EXPECT_THAT(BuildMaglevTable(Backends(3), 11),
              ElementsAre(2, 1, 0, 1, 2, 1, 0, 0, 2, 0, 1));
}

TEST(MaglevTest, TwoOfThreeBackends) {
  EXPECT_THAT(BuildMaglevTable({Backend(0), Backend(2)}, 11),
              ElementsAre(1, 1, 0, 0, 1, 1, 0, 0, 1, 0, 0));
}

TEST(MaglevTest, WeightsOneToTwo) {
  EXPECT_THAT(BuildMaglevTable({Backend(0, 1), Backend(1, 2)}, 13),
              ElementsAre(0, 1, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 0));
}

TEST(MaglevTest, DoesNotDependOnTheOrder) {
  std::vector<MaglevBackend> backends;
  for (int i = 0; i < 40; ++i) backends.push_back(Backend(i, 1 + i % 7));
  const std::vector<Ipv4Address> owners = Owners(backends, 1009);
  std::reverse(backends.begin(), backends.end());
  EXPECT_EQ(Owners(backends, 1009), owners);
  std::rotate(backends.begin(), backends.begin() + 13, backends.end());
  EXPECT_EQ(Owners(backends, 1009), owners);
}

TEST(MaglevTest, DependsOnRelativeWeightsOnly) {
  EXPECT_EQ(Owners({Backend(0, 1), Backend(1, 3)}, 1009),
            Owners({Backend(0, 100), Backend(1, 300)}, 1009));
}

TEST(MaglevTest, EverySlotIsOwned) {
  for (int count : {1, 2, 3, 100, 1000}) {
    const std::vector<uint32_t> table = BuildMaglevTable(Backends(count), 1009);
    ASSERT_EQ(table.size(), 1009u);
    EXPECT_THAT(table, Each(Lt(static_cast<uint32_t>(count))));
  }
}

TEST(MaglevTest, MoreBackendsThanSlotsLeavesSomeWithout) {
  const std::vector<int> counts = SlotsOfEach(Backends(10), 7);
  EXPECT_EQ(std::count(counts.begin(), counts.end(), 1), 7);
  EXPECT_EQ(std::count(counts.begin(), counts.end(), 0), 3);
}

TEST(MaglevTest, EqualBackendsGetEqualShares) {
  const double share = 65537.0 / 100;
  for (int count : SlotsOfEach(Backends(100), 65537)) {
    EXPECT_NEAR(count, share, share * 0.01);
  }
}

TEST(MaglevTest, WeightOneToTenGetsOneToTen) {
  const std::vector<int> counts =
      SlotsOfEach({Backend(0, 1), Backend(1, 10)}, 65537);
  EXPECT_NEAR(static_cast<double>(counts[1]) / counts[0], 10, 10 * 0.02);
}

TEST(MaglevTest, ManyWeightsGetTheirShares) {
  std::vector<MaglevBackend> backends;
  uint64_t total = 0;
  for (int i = 0; i < 50; ++i) {
    backends.push_back(Backend(i, 50 + 13 * i));
    total += backends.back().weight;
  }
  const std::vector<int> counts = SlotsOfEach(backends, 65537);
  for (size_t i = 0; i < backends.size(); ++i) {
    const double share = 65537.0 * backends[i].weight / total;
    EXPECT_NEAR(counts[i], share, share * 0.01)
        << "weight " << backends[i].weight;
  }
}

// The share of the slots not owned by the removed backend that change owner.
double MovedWithout(int removed, const std::vector<MaglevBackend>& backends) {
  const std::vector<Ipv4Address> before = Owners(backends, 65537);
  std::vector<MaglevBackend> rest = backends;
  rest.erase(rest.begin() + removed);
  const std::vector<Ipv4Address> after = Owners(rest, 65537);
  int kept = 0;
  int moved = 0;
  for (size_t slot = 0; slot < before.size(); ++slot) {
    if (before[slot] == backends[removed].address) continue;
    ++(before[slot] == after[slot] ? kept : moved);
  }
  return static_cast<double>(moved) / (kept + moved);
}

TEST(MaglevTest, RemovingOneOfHundredMovesFewOthers) {
  const std::vector<MaglevBackend> backends = Backends(100);
  for (int removed = 0; removed < 100; ++removed) {
    EXPECT_LT(MovedWithout(removed, backends), 0.01) << removed;
  }
}

}  // namespace
}  // namespace l275
