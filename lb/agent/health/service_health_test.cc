#include "lb/agent/health/service_health.h"

#include <gtest/gtest.h>
#include <netinet/in.h>

#include <string>

namespace l275 {
namespace {

using std::chrono::milliseconds;
using State = BeaconMessage::State;
using Mode = PanicWatch::Mode;

constexpr PanicWatch::Options kPanic = {50, milliseconds(1600)};
constexpr uint16_t kPort = 80;

HealthTime At(int64_t ms) {
  return HealthTime(std::chrono::hours(1)) + milliseconds(ms);
}

Ipv4Address Server(int number) {
  return Ipv4Address::FromHost(0x0a000064 + static_cast<uint32_t>(number));
}

ServiceAddress Address() {
  ServiceAddress service;
  service.protocol = IPPROTO_TCP;
  service.vip = Ipv4Address::FromHost(0x0a0000c8);
  service.port = kPort;
  return service;
}

// A service with four backends, servers 1 to 4, of which nothing is known yet.
class ServiceHealthTest : public ::testing::Test {
 protected:
  ServiceHealthTest() {
    ServiceHealth::Backends backends;
    for (int i = 1; i <= 4; ++i) {
      backends[Server(i)] = true;
      SetState(i, Health::kUnknown);
    }
    service_.SetBackends(backends);
  }

  static BeaconMessage Message(State state) {
    BeaconMessage message;
    message.state = state;
    message.interval_ms = 100;
    return message;
  }

  // Has the server reach this state by beacons at 0 ms; kSilent comes from kUp,
  // at `silent_at_ms`.
  void SetState(int server, Health health, int64_t silent_at_ms = 2000) {
    SubjectState state(&options_, At(0), At(1600));
    const auto send = [&](State reported) {
      for (int i = 0; i < options_.up_after; ++i) {
        state.OnBeacon(Message(reported), /*trusted=*/false, At(0));
      }
    };
    if (health != Health::kUnknown) send(State::kUp);
    if (health == Health::kDraining) send(State::kDraining);
    if (health == Health::kDown) send(State::kDown);
    if (health == Health::kSilent) state.OnTime(At(silent_at_ms));
    if (health == Health::kDamped) {
      for (int i = 0; i < 2; ++i) {
        send(State::kDown);
        send(State::kUp);
      }
    }
    ASSERT_EQ(state.state(), health);
    subjects_.insert_or_assign(HealthSubject{Server(server), 0}, state);
  }

  SubjectState& StateOf(int server) {
    return subjects_.at({Server(server), 0});
  }

  // Sends "up" beacons of the server, as many as make it up.
  void SendUps(int server, int64_t at_ms) {
    for (int i = 0; i < options_.up_after; ++i) {
      StateOf(server).OnBeacon(Message(State::kUp), /*trusted=*/false,
                               At(at_ms));
    }
  }

  void BeginPanic() {
    for (int i = 1; i <= 3; ++i) SetState(i, Health::kSilent);
    ASSERT_TRUE(service_.Update(subjects_, At(2000)));
    ASSERT_EQ(service_.panic().mode(), Mode::kPanic);
  }

  // Server 1 is silent since 2000 ms, the others missed some beacons by then.
  void BeginSuspicion() {
    SetState(1, Health::kSilent, /*silent_at_ms=*/2000);
    for (int i = 2; i <= 4; ++i) SendUps(i, 1500);
    ASSERT_TRUE(service_.Update(subjects_, At(2000)));
    ASSERT_EQ(service_.panic().mode(), Mode::kSuspecting);
  }

  const SubjectState::Options options_;
  SubjectStates subjects_;
  ServiceHealth service_{Address(), kPanic};
};

// --- Which subject counts

TEST_F(ServiceHealthTest, TheAddresssSubjectCountsUntilThePortHasAState) {
  const HealthSubject own = {Server(1), kPort};
  subjects_.try_emplace(own, &options_, At(0), At(1600));
  EXPECT_EQ(FindSubject(subjects_, Server(1), kPort)->first.port, 0);
  subjects_.at(own).OnBeacon(Message(State::kDown), false, At(0));
  EXPECT_EQ(FindSubject(subjects_, Server(1), kPort)->first.port, kPort);
  EXPECT_EQ(FindSubject(subjects_, Server(1), 443)->first.port, 0);
  EXPECT_EQ(FindSubject(subjects_, Server(5), kPort), nullptr);
}

TEST_F(ServiceHealthTest, ThePortsSubjectIsCounted) {
  for (int i = 1; i <= 4; ++i) SetState(i, Health::kUp);
  const HealthSubject own = {Server(1), kPort};
  subjects_.try_emplace(own, &options_, At(0), At(1600));
  subjects_.at(own).OnBeacon(Message(State::kDown), false, At(0));
  service_.Update(subjects_, At(0));
  EXPECT_EQ(service_.census().up, 3);
}

// --- The census

TEST_F(ServiceHealthTest, CountsBackendsByTheirStates) {
  SetState(1, Health::kUp);
  SetState(2, Health::kDraining);
  SetState(3, Health::kSilent);
  SetState(4, Health::kDamped);
  EXPECT_FALSE(service_.Update(subjects_, At(400)));
  EXPECT_EQ(service_.census().total, 4);
  EXPECT_EQ(service_.census().up, 2);
  EXPECT_EQ(service_.census().responding, 2);
  EXPECT_EQ(service_.census().trustable, 2);
  SendUps(1, 401);
  service_.Update(subjects_, At(401));
  EXPECT_EQ(service_.census().up, 2);
  EXPECT_EQ(service_.census().responding, 1) << "server 2 missed some beacons";
}

TEST_F(ServiceHealthTest, NeitherUnknownNorDownBackendsAreTrustable) {
  SetState(1, Health::kDown);
  service_.Update(subjects_, At(0));
  EXPECT_EQ(service_.census().total, 4);
  EXPECT_EQ(service_.census().up, 0);
  EXPECT_EQ(service_.census().trustable, 0);
  EXPECT_EQ(service_.panic().mode(), Mode::kCalm);
}

TEST_F(ServiceHealthTest, DisabledBackendsDoNotCount) {
  for (int i = 1; i <= 3; ++i) SetState(i, Health::kUp);
  SetState(4, Health::kSilent);
  EXPECT_FALSE(service_.Update(subjects_, At(0)));
  service_.SetBackends({{Server(1), false},
                        {Server(2), false},
                        {Server(3), false},
                        {Server(4), true}});
  EXPECT_TRUE(service_.Update(subjects_, At(0)));
  EXPECT_EQ(service_.census().total, 1);
  EXPECT_EQ(service_.census().up, 0);
  EXPECT_EQ(service_.panic().mode(), Mode::kPanic);
}

// --- The decision

struct Row {
  Health health;
  bool alive;
  bool alive_in_panic;
};

TEST_F(ServiceHealthTest, DecidesByStateAndPanic) {
  const Row rows[] = {
      {Health::kUnknown, false, false}, {Health::kUp, true, true},
      {Health::kDraining, true, true},  {Health::kDown, false, false},
      {Health::kSilent, false, true},   {Health::kDamped, false, true},
  };
  ServiceHealth calm(Address(), kPanic);
  BeginPanic();
  for (const Row& row : rows) {
    SetState(4, row.health);
    const std::string description = HealthWord(row.health);
    EXPECT_EQ(calm.Decide(StateOf(4)).alive, row.alive) << description;
    EXPECT_FALSE(calm.Decide(StateOf(4)).trusted) << description;
    const BackendDecision decision = service_.Decide(StateOf(4));
    EXPECT_EQ(decision.alive, row.alive_in_panic) << description;
    EXPECT_EQ(decision.trusted, !row.alive && row.alive_in_panic)
        << description;
    EXPECT_EQ(decision.takes_new_flows,
              row.alive_in_panic && row.health != Health::kDraining)
        << description;
  }
}

TEST_F(ServiceHealthTest, ASuspicionTrustsSilencesThatBeganSince) {
  BeginSuspicion();
  EXPECT_TRUE(service_.Decide(StateOf(1)).trusted);
  SetState(2, Health::kSilent, /*silent_at_ms=*/1999);
  EXPECT_FALSE(service_.Decide(StateOf(2)).alive);
  SetState(2, Health::kSilent, /*silent_at_ms=*/2001);
  EXPECT_TRUE(service_.Decide(StateOf(2)).alive);
}

TEST_F(ServiceHealthTest, ASuspicionTrustsNobodyWhoWasDamped) {
  BeginSuspicion();
  SetState(2, Health::kDamped);
  EXPECT_FALSE(service_.Decide(StateOf(2)).alive);
  StateOf(2).OnTime(At(2100));
  ASSERT_EQ(StateOf(2).state(), Health::kSilent);
  EXPECT_FALSE(service_.Decide(StateOf(2)).alive);
}

TEST_F(ServiceHealthTest, ATrustedBackendThatDrainedGetsNoNewFlows) {
  BeginPanic();
  SetState(4, Health::kDraining);
  StateOf(4).OnTime(At(2000));
  ASSERT_EQ(StateOf(4).state(), Health::kSilent);
  EXPECT_TRUE(service_.Decide(StateOf(4)).alive);
  EXPECT_FALSE(service_.Decide(StateOf(4)).takes_new_flows);
}

TEST_F(ServiceHealthTest, TheDecisionHasTheAnnouncedWeight) {
  BeaconMessage message = Message(State::kUp);
  message.weight = 70;
  StateOf(1).OnBeacon(message, /*trusted=*/false, At(0));
  EXPECT_EQ(service_.Decide(StateOf(1)).weight_percent, 70);
}

// --- Panics

TEST_F(ServiceHealthTest, DescribesAPanicAndItsEnd) {
  BeginPanic();
  SetState(4, Health::kUp);
  EXPECT_FALSE(service_.Update(subjects_, At(2100)));
  EXPECT_EQ(
      service_.DescribePanic(),
      "PANIC: tcp:10.0.0.200:80: 1 of 4 backends are up, fewer than 50%: "
      "silence counts as the network's fault, 3 that are silent or damped "
      "get traffic nevertheless");
  for (int i = 2; i <= 4; ++i) SendUps(i, 3000);
  EXPECT_FALSE(service_.Update(subjects_, At(3000)));
  for (int i = 2; i <= 4; ++i) SendUps(i, 4600);
  EXPECT_TRUE(service_.Update(subjects_, At(4600))) << "the recovery is over";
  EXPECT_EQ(service_.DescribePanic(),
            "panic over: tcp:10.0.0.200:80: 3 of 4 backends are up, 1 that are "
            "silent or damped get no traffic");
  EXPECT_EQ(service_.panic().panics(), 1u);
}

TEST_F(ServiceHealthTest, APanicEndsAtOnceWhenNoneIsSilent) {
  BeginPanic();
  for (int i = 1; i <= 3; ++i) SendUps(i, 2100);
  EXPECT_TRUE(service_.Update(subjects_, At(2100)));
  EXPECT_EQ(service_.DescribePanic(),
            "panic over: tcp:10.0.0.200:80: 3 of 4 backends are up");
}

}  // namespace
}  // namespace l275
