#include "lb/agent/announce/vip_holders.h"

#include <gtest/gtest.h>

namespace l275 {
namespace {

using std::chrono::milliseconds;

constexpr Ipv4Address kVip = Ipv4Address::FromHost(0x0a0000c8);
constexpr Ipv4Address kPeer = Ipv4Address::FromHost(0x0a01000c);
constexpr Ipv4Address kThird = Ipv4Address::FromHost(0x0a01000d);

VipHolders::TimePoint At(int ms) {
  return VipHolders::TimePoint(milliseconds(ms));
}

class VipHoldersTest : public ::testing::Test {
 protected:
  // What the peer said at `last_ms` is what it says until then.
  std::string Update(int ms, bool here, bool there, int last_ms) {
    holders_.Update({kVip}, Held(here), {{kPeer, {Held(there), At(last_ms)}}},
                    true, At(ms));
    return Text(ms);
  }
  static std::set<Ipv4Address> Held(bool held) {
    return held ? std::set<Ipv4Address>{kVip} : std::set<Ipv4Address>{};
  }
  std::string Text(int ms) const {
    const auto& faults = holders_.faults();
    return faults.empty() ? "" : faults.at(kVip).ToString(At(ms));
  }

  VipHolders holders_;
};

TEST_F(VipHoldersTest, OneHolderIsRight) {
  for (int ms = 0; ms < 10'000; ms += 250) {
    EXPECT_EQ(Update(ms, true, false, ms), "");
  }
  for (int ms = 10'000; ms < 20'000; ms += 250) {
    EXPECT_EQ(Update(ms, false, true, ms), "");
  }
}

TEST_F(VipHoldersTest, SplitBrain) {
  EXPECT_EQ(Update(0, true, false, 0), "");
  EXPECT_EQ(Update(1000, true, true, 1000), "");
  EXPECT_EQ(Update(1900, true, true, 1500), "");
  EXPECT_EQ(Update(2000, true, true, 1500),
            "split brain: 10.0.0.200 is held by this host and by peer "
            "10.1.0.12 for 1 s; do VRRP's adverts get through?");
  EXPECT_EQ(Update(9000, true, true, 8800),
            "split brain: 10.0.0.200 is held by this host and by peer "
            "10.1.0.12 for 8 s; do VRRP's adverts get through?");
  EXPECT_EQ(Update(9250, true, false, 9200), "");
}

TEST_F(VipHoldersTest, NoHolder) {
  EXPECT_EQ(Update(0, true, false, 0), "");
  EXPECT_EQ(Update(1000, false, false, 1000), "");
  EXPECT_EQ(Update(2000, false, false, 1800),
            "no holder: 10.0.0.200 is on no load balancer for 1 s; is "
            "keepalived running?");
  EXPECT_EQ(Update(2250, false, true, 2200), "");
}

TEST_F(VipHoldersTest, AMoveIsNoFault) {
  EXPECT_EQ(Update(0, true, false, 0), "");
  EXPECT_EQ(Update(250, true, true, 250), "");
  EXPECT_EQ(Update(1000, false, true, 900), "");
  EXPECT_EQ(Update(1250, false, false, 1200), "");
  EXPECT_EQ(Update(2000, true, false, 1900), "");
  EXPECT_EQ(Update(9000, true, false, 8900), "");
}

// Its session is over only after some seconds of silence.
TEST_F(VipHoldersTest, WhatAPeerSaidBeforeItLostPowerIsOld) {
  EXPECT_EQ(Update(0, false, true, 0), "");
  for (int ms = 100; ms < 5000; ms += 250) {
    EXPECT_EQ(Update(ms, true, true, 50), "");
  }
}

TEST_F(VipHoldersTest, WithAPeerThatIsNotHeardNobodyIsSure) {
  for (int ms = 0; ms < 5000; ms += 250) {
    holders_.Update({kVip}, {}, {}, false, At(ms));
    EXPECT_EQ(Text(ms), "");
  }
  holders_.Update({kVip}, {}, {}, false, At(5000));
  EXPECT_EQ(Text(5000),
            "no holder: 10.0.0.200 is not on this host for 5 s, and not all "
            "peers are heard; is keepalived running?");
  // One of those that are heard has it.
  holders_.Update({kVip}, {}, {{kThird, {Held(true), At(5200)}}}, false,
                  At(5250));
  EXPECT_EQ(Text(5250), "");
  holders_.Update({kVip}, {kVip}, {}, false, At(5500));
  EXPECT_EQ(Text(5500), "");
}

TEST_F(VipHoldersTest, TwoPeersCanHoldIt) {
  for (int ms = 0; ms <= 2000; ms += 250) {
    holders_.Update(
        {kVip}, {},
        {{kPeer, {Held(true), At(ms)}}, {kThird, {Held(true), At(ms)}}}, true,
        At(ms));
  }
  EXPECT_EQ(Text(2000),
            "split brain: 10.0.0.200 is held by peer 10.1.0.12 and by peer "
            "10.1.0.13 for 2 s; do VRRP's adverts get through?");
}

TEST_F(VipHoldersTest, AServiceThatGoesTakesItsFaultAlong) {
  Update(0, false, false, 0);
  EXPECT_NE(Update(2000, false, false, 1900), "");
  holders_.Update({}, {}, {}, true, At(2250));
  EXPECT_TRUE(holders_.faults().empty());
}

}  // namespace
}  // namespace l275
