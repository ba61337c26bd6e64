#include "lb/agent/nexthop/next_hop.h"

#include "gtest/gtest.h"

namespace l275 {
namespace {

NextHop Ready() {
  NextHop hop;
  hop.state = NextHop::State::kReady;
  hop.ifindex = 3;
  hop.interface = "eth1";
  hop.destination = {2, 0, 0, 0, 0, 1};
  hop.source = {2, 0, 0, 0, 0, 2};
  return hop;
}

TEST(NextHopTest, TextOfOneOnLink) {
  EXPECT_EQ(Ready().ToString(), "eth1, 02:00:00:00:00:02 > 02:00:00:00:00:01");
}

TEST(NextHopTest, TextOfOneNotReadyIsTheReason) {
  NextHop hop;
  hop.reason = "no route";
  EXPECT_EQ(hop.ToString(), "no route");
}

TEST(NextHopTest, EveryFieldCountsInComparison) {
  EXPECT_EQ(Ready(), Ready());
  const auto differs = [](auto change) {
    NextHop hop = Ready();
    change(hop);
    return hop != Ready();
  };
  EXPECT_TRUE(
      differs([](NextHop& h) { h.state = NextHop::State::kNoNeighbour; }));
  EXPECT_TRUE(differs([](NextHop& h) { h.reason = "x"; }));
  EXPECT_TRUE(differs([](NextHop& h) { h.ifindex = 4; }));
  EXPECT_TRUE(differs([](NextHop& h) { h.interface = "eth2"; }));
  EXPECT_TRUE(differs([](NextHop& h) { h.gateway = Ipv4Address(); }));
  EXPECT_TRUE(differs([](NextHop& h) { h.destination[5] = 9; }));
  EXPECT_TRUE(differs([](NextHop& h) { h.source[5] = 9; }));
  EXPECT_TRUE(differs([](NextHop& h) { h.failed_before = true; }));
}

}  // namespace
}  // namespace l275
