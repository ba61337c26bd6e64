#include "lb/agent/announce/vip_roles.h"

#include <gtest/gtest.h>

namespace l275 {
namespace {

using std::chrono::seconds;

constexpr Ipv4Address kVip = Ipv4Address::FromHost(0x0a0000c8);
constexpr Ipv4Address kOther = Ipv4Address::FromHost(0x0a0000c9);

VipRoles::TimePoint At(int second) {
  return VipRoles::TimePoint(seconds(second));
}

class VipRolesTest : public ::testing::Test {
 protected:
  void Update(uint64_t packets, bool held, int second) {
    roles_.Update({{kVip, packets}},
                  held ? std::set<Ipv4Address>{kVip, kOther}
                       : std::set<Ipv4Address>{kOther},
                  At(second));
  }
  const VipRole& role() const { return roles_.vips().at(kVip).role; }

  VipRoles roles_;
};

TEST_F(VipRolesTest, WhatTheActiveOneForwardsIsNoStray) {
  Update(0, true, 0);
  Update(1000, true, 10);
  EXPECT_TRUE(role().held);
  EXPECT_EQ(role().since, At(0));
  EXPECT_EQ(role().strays, 0u);
}

TEST_F(VipRolesTest, WhatABackupForwardsIsAStray) {
  Update(100, false, 0);
  Update(100, false, 10);
  EXPECT_FALSE(role().held);
  EXPECT_EQ(role().strays, 0u);
  Update(107, false, 11);
  Update(109, false, 12);
  EXPECT_EQ(role().strays, 9u);
  EXPECT_EQ(role().last_stray, At(12));
}

TEST_F(VipRolesTest, AChangeOfRoleHasItsTime) {
  Update(0, true, 0);
  Update(500, false, 10);  // came before, or until this was noticed
  EXPECT_EQ(role().since, At(10));
  Update(600, false, 11);
  Update(700, false, 12);
  EXPECT_EQ(role().strays, 0u);
  Update(701, false, 13);
  EXPECT_EQ(role().strays, 1u);
  Update(800, true, 14);
  Update(900, true, 20);
  EXPECT_EQ(role().strays, 1u);
}

TEST_F(VipRolesTest, CountsMoves) {
  Update(0, true, 0);  // where it was found is no move
  EXPECT_EQ(role().moves, 0u);
  Update(0, false, 10);
  Update(0, true, 20);
  Update(0, true, 30);
  EXPECT_EQ(role().moves, 2u);
  EXPECT_EQ(role().recent_moves.size(), 2u);
  Update(0, true, 615);
  EXPECT_EQ(role().moves, 2u);
  EXPECT_EQ(role().recent_moves.size(), 1u);
}

// A service that goes takes its packets along.
TEST_F(VipRolesTest, FewerPacketsThanBeforeAreNoStrays) {
  Update(100, false, 0);
  Update(3, false, 10);
  Update(5, false, 11);
  EXPECT_EQ(role().strays, 2u);
}

TEST_F(VipRolesTest, AVipThatIsNoMoreIsForgotten) {
  Update(0, true, 0);
  roles_.Update({{kOther, 7}}, {}, At(1));
  EXPECT_EQ(roles_.vips().count(kVip), 0u);
  EXPECT_FALSE(roles_.vips().at(kOther).role.held);
}

}  // namespace
}  // namespace l275
