#include "lb/agent/snapshot_builder.h"

#include <gtest/gtest.h>
#include <netinet/in.h>

namespace l275 {
namespace {

constexpr Ipv4Address kBackend = Ipv4Address::FromHost(0x0a000065);

struct ShareCase {
  const char* description;
  bool disabled;
  uint32_t weight;
  const HealthView* health;
  uint32_t share;
  bool alive;
  bool draining = false;
  uint64_t drain_until = 0;
};

HealthView ViewOf(Health state) {
  HealthView view;
  view[kBackend].state = state;
  return view;
}

class SnapshotBuilderTest : public ::testing::Test {
 protected:
  SnapshotBuilderTest() {
    service_.protocol = IPPROTO_TCP;
    service_.vip = Ipv4Address::FromHost(0x0a0000c8);
    service_.port = 80;
  }

  Snapshot Build(const HealthView* health) {
    return BuildSnapshot({desired_, 65537, health, next_hops_, ingress_, 1000});
  }

  ServiceAddress service_;
  DesiredState desired_;
  std::map<Ipv4Address, NextHop> next_hops_;
  std::map<uint32_t, MacAddress> ingress_;
};

TEST_F(SnapshotBuilderTest, OnlyEnabledBackendsThatAreUpGetFlows) {
  const HealthView none;
  const HealthView up = ViewOf(Health::kUp);
  const HealthView down = ViewOf(Health::kDown);
  const HealthView silent = ViewOf(Health::kSilent);
  const HealthView unknown = ViewOf(Health::kUnknown);
  const ShareCase cases[] = {
      {"up", false, 50, &up, 50, true},
      {"health is not checked", false, 50, nullptr, 50, true},
      {"down", false, 50, &down, 0, false},
      {"silent", false, 50, &silent, 0, false},
      {"never heard", false, 50, &unknown, 0, false},
      {"not known to the health monitor", false, 50, &none, 0, false},
      {"disabled", true, 50, &up, 0, false},
      {"weight 0", false, 0, &up, 0, true},
      {"draining", false, 50, &up, 0, true, true},
      {"draining for a while yet", false, 50, &up, 0, true, true, 1001},
      {"drained", false, 50, &up, 0, false, true, 1000},
      {"draining, and down", false, 50, &down, 0, false, true},
  };
  for (const ShareCase& c : cases) {
    desired_[service_].backends[kBackend] = {c.weight, c.disabled, c.draining,
                                             c.drain_until};
    const SnapshotBackend backend =
        Build(c.health).services.at(service_).backends.at(kBackend);
    EXPECT_EQ(backend.weight, c.share) << c.description;
    EXPECT_EQ(backend.alive, c.alive) << c.description;
  }
}

TEST_F(SnapshotBuilderTest, ServicesWithoutATableSizeGetTheDefault) {
  desired_[service_].table_size = 0;
  EXPECT_EQ(Build(nullptr).services.at(service_).table_size, 65537u);
  desired_[service_].table_size = 251;
  EXPECT_EQ(Build(nullptr).services.at(service_).table_size, 251u);
}

TEST_F(SnapshotBuilderTest, OnlyReadyNextHopsMakeRecords) {
  NextHop& next_hop = next_hops_[kBackend];
  next_hop.state = NextHop::State::kNoNeighbour;
  EXPECT_TRUE(Build(nullptr).next_hops.empty());
  next_hop.state = NextHop::State::kReady;
  next_hop.ifindex = 7;
  next_hop.destination = {2, 0, 0, 0, 0, 1};
  next_hop.source = {2, 0, 0, 0, 0, 2};
  EXPECT_EQ(Build(nullptr).next_hops.at(kBackend),
            (NextHopRecord{7, {2, 0, 0, 0, 0, 1}, {2, 0, 0, 0, 0, 2}}));
}

}  // namespace
}  // namespace l275
