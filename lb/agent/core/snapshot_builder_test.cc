#include "lb/agent/core/snapshot_builder.h"

#include <gtest/gtest.h>
#include <netinet/in.h>

#include <optional>

namespace l275 {
namespace {

using State = BeaconMessage::State;

constexpr Ipv4Address kBackend = Ipv4Address::FromHost(0x0a000065);
constexpr Ipv4Address kOther = Ipv4Address::FromHost(0x0a000066);

ServiceAddress Service() {
  ServiceAddress service;
  service.protocol = IPPROTO_TCP;
  service.vip = Ipv4Address::FromHost(0x0a0000c8);
  service.port = 80;
  return service;
}

// A monitor that knows the service's backend, which said this, if anything.
class Heard {
 public:
  explicit Heard(std::optional<BeaconMessage::State> state = std::nullopt,
                 uint16_t weight = 100) {
    monitor_.SetServices({{Service(), {{kBackend, true}, {kOther, true}}}},
                         HealthTime());
    if (!state.has_value()) return;
    BeaconMessage message;
    message.address = kBackend;
    message.state = *state;
    message.weight = weight;
    message.interval_ms = 100;
    monitor_.OnBeacon(message, HealthTime());
    message.address = kOther;
    message.state = BeaconMessage::State::kUp;
    monitor_.OnBeacon(message, HealthTime());
  }

  // Then the other one was heard, and this one was not.
  Heard& FallSilent() {
    const HealthTime later = HealthTime() + std::chrono::seconds(1);
    BeaconMessage message;
    message.address = kOther;
    message.state = BeaconMessage::State::kUp;
    message.interval_ms = 1000;
    monitor_.OnBeacon(message, later);
    monitor_.Tick(later + std::chrono::milliseconds(700));
    return *this;
  }

  const HealthMonitor* monitor() const { return &monitor_; }

 private:
  HealthMonitor monitor_{HealthMonitor::Options(), [] {}};
};

struct ShareCase {
  const char* description;
  bool disabled;
  uint32_t weight;
  const HealthMonitor* health;
  uint32_t share;
  bool alive;
  bool draining = false;
  uint64_t drain_until = 0;
};

class SnapshotBuilderTest : public ::testing::Test {
 protected:
  Snapshot Build(const HealthMonitor* health) {
    return BuildSnapshot(Sources(health));
  }

  SnapshotSources Sources(const HealthMonitor* health) {
    return {desired_, 65537, health, next_hops_, ingress_, 1000, reachability_};
  }

  const ServiceAddress service_ = Service();
  DesiredState desired_;
  std::map<Ipv4Address, NextHop> next_hops_;
  std::map<uint32_t, MacAddress> ingress_;
  Reachability reachability_{Reachability::Options()};
};

TEST_F(SnapshotBuilderTest, OnlyEnabledBackendsThatAreUpGetFlows) {
  const Heard up(State::kUp), down(State::kDown), drains(State::kDraining);
  const Heard unknown, half(State::kUp, 50), none(State::kUp, 0);
  const Heard little(State::kUp, 1), most(State::kUp, 1000);
  Heard silent(State::kUp);
  const ShareCase cases[] = {
      {"up", false, 50, up.monitor(), 50, true},
      {"health is not checked", false, 50, nullptr, 50, true},
      {"down", false, 50, down.monitor(), 0, false},
      {"silent", false, 50, silent.FallSilent().monitor(), 0, false},
      {"never heard", false, 50, unknown.monitor(), 0, false},
      {"drains itself", false, 50, drains.monitor(), 0, true},
      {"announces half", false, 51, half.monitor(), 26, true},
      {"announces nothing", false, 50, none.monitor(), 0, true},
      {"announces a hundredth", false, 3, little.monitor(), 1, true},
      {"announces ten times", false, 50, most.monitor(), 500, true},
      {"announces too much", false, 60000, most.monitor(), 65535, true},
      {"weight 0 announces ten times", false, 0, most.monitor(), 0, true},
      {"disabled", true, 50, up.monitor(), 0, false},
      {"weight 0", false, 0, up.monitor(), 0, true},
      {"draining", false, 50, up.monitor(), 0, true, true},
      {"draining for a while yet", false, 50, up.monitor(), 0, true, true,
       1001},
      {"drained", false, 50, up.monitor(), 0, false, true, 1000},
      {"draining, and down", false, 50, down.monitor(), 0, false, true},
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

TEST_F(SnapshotBuilderTest, WhoWouldGetNewFlowsIsACandidate) {
  auto& backends = desired_[service_].backends;
  backends[kBackend] = {100, false, false, 0};
  for (const DesiredBackend& other :
       {DesiredBackend{0, false, false, 0}, DesiredBackend{100, true, false, 0},
        DesiredBackend{100, false, true, 0}}) {
    backends[kOther] = other;
    EXPECT_EQ(CandidatesOf(Sources(nullptr)),
              (Reachability::Candidates{{service_, {kBackend}}}));
  }
}

TEST_F(SnapshotBuilderTest, AnUnreachableBackendKeepsItsFlowsAndGetsNoNewOnes) {
  auto& backends = desired_[service_].backends;
  backends[kBackend] = {100, false, false, 0};
  backends[kOther] = {100, false, false, 0};
  next_hops_[kOther].state = NextHop::State::kReady;
  next_hops_[kBackend].state = NextHop::State::kNoNeighbour;
  const HealthTime now = HealthTime() + std::chrono::hours(1);
  const auto update = [&](HealthTime time) {
    return reachability_.Update(next_hops_, CandidatesOf(Sources(nullptr)),
                                time);
  };
  update(now);
  EXPECT_EQ(Build(nullptr).services.at(service_).backends.at(kBackend),
            (SnapshotBackend{100, true}));
  EXPECT_TRUE(update(now + reachability_.options().after));
  EXPECT_EQ(Build(nullptr).services.at(service_).backends.at(kBackend),
            (SnapshotBackend{0, true}));
  EXPECT_EQ(Build(nullptr).services.at(service_).backends.at(kOther),
            (SnapshotBackend{100, true}));
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
