#include "lb/agent/health/health_monitor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <string>
#include <vector>

#include "common/testing/log_capture.h"

namespace l275 {
namespace {

using std::chrono::milliseconds;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using State = BeaconMessage::State;

constexpr milliseconds kTimeout{1600};
constexpr Ipv4Address kA = Ipv4Address::FromHost(0x0a000065);  // 10.0.0.101
constexpr Ipv4Address kB = Ipv4Address::FromHost(0x0a000066);  // 10.0.0.102

HealthTime At(int64_t ms) {
  return HealthTime(std::chrono::hours(1)) + milliseconds(ms);
}

Ipv4Address Server(int number) {
  return Ipv4Address::FromHost(0x0a000064 + static_cast<uint32_t>(number));
}

ServiceAddress Service(uint16_t port) {
  ServiceAddress service;
  service.protocol = IPPROTO_TCP;
  service.vip = Ipv4Address::FromHost(0x0a0000c8);
  service.port = port;
  return service;
}

// One service on port 80 with servers 1 to `count`, all enabled.
HealthServices Pool(int count) {
  HealthServices services;
  for (int i = 1; i <= count; ++i) services[Service(80)][Server(i)] = true;
  return services;
}

HealthMonitor::Options Options() {
  HealthMonitor::Options options;
  options.timeout = kTimeout;
  return options;
}

// A monitor, senders with a sequence each, and a clock that the test moves.
class HealthMonitorTest : public ::testing::Test {
 protected:
  explicit HealthMonitorTest(const HealthMonitor::Options& options = Options())
      : monitor_(options, [this] { ++changes_; }) {}

  // Servers 1 to `count`; each sent one beacon, at 0 ms.
  void StartPool(int count) {
    monitor_.SetServices(Pool(count), At(0));
    for (int i = 1; i <= count; ++i) Send(Server(i), State::kUp, 0);
    changes_ = 0;
    log_.Take();
  }

  BeaconMessage Message(Ipv4Address address, State state) {
    BeaconMessage message;
    message.address = address;
    message.state = state;
    message.interval_ms = 100;
    message.epoch = 5;
    message.sequence = ++sequence_;
    return message;
  }

  void Send(Ipv4Address address, State state, int64_t at_ms) {
    monitor_.OnBeacon(Message(address, state), At(at_ms));
  }

  // As the receiver does: the ticks that are due until then.
  void TickUntil(int64_t at_ms) {
    while (monitor_.NextTick() && *monitor_.NextTick() <= At(at_ms)) {
      monitor_.Tick(*monitor_.NextTick());
    }
  }

  const SubjectState& HealthOf(Ipv4Address address, uint16_t port = 0) {
    return monitor_.subjects().at({address, port});
  }
  std::string StateOf(Ipv4Address address, uint16_t port = 0) {
    return HealthWord(HealthOf(address, port).state());
  }
  bool IsServing(Ipv4Address address, uint16_t port = 80) {
    return monitor_.DecisionFor(Service(port), address).alive;
  }
  int CountServing(int count) {
    int serving = 0;
    for (int i = 1; i <= count; ++i) serving += IsServing(Server(i));
    return serving;
  }
  std::string ModeOf(uint16_t port = 80) {
    return PanicWord(monitor_.services().at(Service(port)).panic().mode());
  }

  int changes_ = 0;
  uint64_t sequence_ = 0;
  HealthMonitor monitor_;
  LogCapture log_;
};

TEST_F(HealthMonitorTest, PresumedDrainingUntilABeaconSaysOtherwise) {
  HealthServices services = Pool(2);
  services[Service(443)] = {{kB, true}};
  monitor_.PresumeUp({{{kA, 80}, true}, {{kB, 80}, true}, {{kB, 443}, false}});
  monitor_.SetServices(services, At(0));
  EXPECT_EQ(StateOf(kA), "draining");
  EXPECT_TRUE(monitor_.DecisionFor(Service(80), kA).alive);
  EXPECT_FALSE(monitor_.DecisionFor(Service(80), kA).takes_new_flows);
  EXPECT_EQ(StateOf(kB), "up") << "of port 443 at least";
  Send(kA, State::kUp, 10);
  EXPECT_EQ(StateOf(kA), "up");
}

TEST_F(HealthMonitorTest, ThePresumedAreNotQuietAtTheStart) {
  monitor_.PresumeUp({{{kA, 80}, false}, {{kB, 80}, false}});
  monitor_.SetServices(Pool(3), At(0));
  EXPECT_EQ(monitor_.services().at(Service(80)).census().responding, 2);
  Send(kA, State::kUp, 700);
  Send(Server(3), State::kUp, 700);
  EXPECT_EQ(monitor_.services().at(Service(80)).census().responding, 3);
}

TEST_F(HealthMonitorTest, BackendsAreUnknownUntilHeard) {
  monitor_.SetServices(Pool(2), At(0));
  EXPECT_EQ(StateOf(kA), "unknown");
  EXPECT_EQ(HealthOf(kA).last_beacon(), std::nullopt);
  EXPECT_EQ(HealthOf(kA).reason(), "never heard");
  EXPECT_EQ(monitor_.NextTick(), std::nullopt);
  monitor_.Tick(At(1000000));
  EXPECT_EQ(StateOf(kA), "unknown");
  EXPECT_FALSE(IsServing(kA));
  EXPECT_EQ(changes_, 0);
}

TEST_F(HealthMonitorTest, TheStartBeginsWithTheFirstServices) {
  monitor_.SetServices(Pool(1), At(1000));
  monitor_.SetServices(Pool(2), At(2000));
  Send(kA, State::kUp, 2599);
  EXPECT_EQ(StateOf(kA), "up") << "one beacon suffices at the start";
  Send(kB, State::kUp, 2600);
  EXPECT_EQ(StateOf(kB), "unknown");
}

TEST_F(HealthMonitorTest, SilenceForTheTimeoutEndsUp) {
  StartPool(4);
  for (int i = 2; i <= 4; ++i) Send(Server(i), State::kUp, 1550);
  EXPECT_EQ(monitor_.NextTick(), At(1650)) << "the timeout, half an interval";
  monitor_.Tick(At(1649));
  EXPECT_EQ(StateOf(kA), "up");
  monitor_.Tick(At(1650));
  EXPECT_EQ(StateOf(kA), "silent");
  EXPECT_FALSE(IsServing(kA));
  EXPECT_EQ(ModeOf(), "calm");
  EXPECT_EQ(changes_, 1);
  monitor_.Tick(At(1651));
  EXPECT_EQ(changes_, 1);
}

TEST_F(HealthMonitorTest, DrainingKeepsFlowsAndTakesNoNewOnes) {
  StartPool(4);
  Send(kA, State::kDraining, 100);
  EXPECT_EQ(StateOf(kA), "draining");
  EXPECT_TRUE(monitor_.DecisionFor(Service(80), kA).alive);
  EXPECT_FALSE(monitor_.DecisionFor(Service(80), kA).takes_new_flows);
  Send(kA, State::kUp, 1099);
  EXPECT_EQ(StateOf(kA), "draining") << "for a second at least";
  Send(kA, State::kUp, 1100);
  EXPECT_TRUE(monitor_.DecisionFor(Service(80), kA).takes_new_flows);
}

TEST_F(HealthMonitorTest, AServerThatSaysManyThingsDoesNotFillTheLog) {
  StartPool(1);
  for (int ms = 1; ms <= 5000; ++ms) {
    Send(kA, ms % 5 == 0 ? State::kDown : State::kUp, ms);
  }
  EXPECT_GT(monitor_.services().at(Service(80)).panic().panics(), 500u);
  // Ten of states and ten of panics a second, and a line about each's rest.
  EXPECT_LE(log_.Take().size(), 5u * 22);
}

TEST_F(HealthMonitorTest, AWeightCountsAtOnce) {
  StartPool(2);
  BeaconMessage message = Message(kA, State::kUp);
  message.weight = 60;
  monitor_.OnBeacon(message, At(100));
  EXPECT_EQ(monitor_.DecisionFor(Service(80), kA).weight_percent, 60);
  EXPECT_EQ(changes_, 1);
}

TEST_F(HealthMonitorTest, OthersBeaconsAreForgotten) {
  StartPool(2);
  Send(Server(3), State::kUp, 100);
  EXPECT_EQ(monitor_.subjects().count({Server(3), 0}), 0u);
  EXPECT_EQ(changes_, 0);
}

TEST_F(HealthMonitorTest, SetServicesKeepsWhoStaysAndForgetsWhoGoes) {
  StartPool(2);
  monitor_.SetServices(Pool(1), At(10));
  EXPECT_EQ(StateOf(kA), "up");
  EXPECT_EQ(HealthOf(kA).last_change(), At(0));
  EXPECT_EQ(monitor_.subjects().count({kB, 0}), 0u);
  monitor_.SetServices(Pool(2), At(20));
  EXPECT_EQ(StateOf(kB), "unknown");
  EXPECT_EQ(HealthOf(kB).last_change(), At(20));
  EXPECT_EQ(changes_, 0) << "the caller knows of its own changes";
}

TEST_F(HealthMonitorTest, WarnsOnceOfAnIntervalTooLongForTheTimeout) {
  StartPool(2);
  BeaconMessage message = Message(kA, State::kUp);
  message.interval_ms = 533;
  monitor_.OnBeacon(message, At(0));
  EXPECT_THAT(log_.Take(), SizeIs(0));
  message.interval_ms = 534;
  for (int i = 0; i < 5; ++i) monitor_.OnBeacon(message, At(i));
  EXPECT_THAT(log_.Take(),
              ElementsAre(HasSubstr("sends a beacon every 534 ms, more than a "
                                    "third of the timeout of 1600 ms")));
  message.interval_ms = ~uint32_t{0};
  monitor_.OnBeacon(message, At(60000));
  EXPECT_THAT(log_.Take(), ElementsAre(HasSubstr("every 4294967295 ms")));
}

TEST_F(HealthMonitorTest, WarnsOfAlternatingIntervalsOnceAMinute) {
  StartPool(1);
  BeaconMessage message = Message(kA, State::kUp);
  for (int seconds = 1; seconds <= 121; ++seconds) {
    message.interval_ms = seconds % 2 == 0 ? 100 : 2000;
    monitor_.OnBeacon(message, At(seconds * 1000));
  }
  const auto warning = HasSubstr("every 2000 ms");
  EXPECT_THAT(log_.Take(), ElementsAre(warning, warning, warning));
}

TEST_F(HealthMonitorTest, WarnsOfTenSendersInAMinuteAndCountsTheOthers) {
  StartPool(50);
  for (int i = 1; i <= 50; ++i) {
    BeaconMessage message = Message(Server(i), State::kUp);
    message.interval_ms = 2000;
    monitor_.OnBeacon(message, At(10));
  }
  EXPECT_THAT(log_.Take(), SizeIs(10));
  monitor_.Tick(At(60010));
  EXPECT_THAT(log_.Take(),
              Contains(HasSubstr("40 more warnings of intervals")));
}

TEST_F(HealthMonitorTest, LogsEachChangeOnceWithItsReason) {
  monitor_.SetServices(Pool(4), At(0));
  Send(kA, State::kUp, 0);
  Send(kA, State::kUp, 100);
  monitor_.Tick(At(1750));
  monitor_.Tick(At(1800));
  EXPECT_THAT(
      log_.Take(),
      ElementsAre("backend 10.0.0.101 is up (was unknown): its first beacon",
                  "backend 10.0.0.101 is silent (was up): no beacon for 1650 "
                  "ms",
                  HasSubstr("PANIC: tcp:10.0.0.200:80: 0 of 4 backends are "
                            "up, fewer than 50%")));
  for (int i = 2; i <= 4; ++i) {
    for (int ms : {5000, 5100, 5200}) Send(Server(i), State::kUp, ms);
  }
  log_.Take();
  monitor_.Tick(At(5300));
  Send(kA, State::kDown, 5400);
  EXPECT_THAT(log_.Take(),
              ElementsAre("backend 10.0.0.101 is down (was silent): its beacon "
                          "says so",
                          HasSubstr("panic over: tcp:10.0.0.200:80: 3 of 4")));
  for (int ms : {5500, 5600, 5700}) Send(kA, State::kUp, ms);
  EXPECT_THAT(log_.Take(), ElementsAre("backend 10.0.0.101 is up (was down): 3 "
                                       "beacons in a row say so"));
}

// --- Ports

class HealthMonitorPortTest : public HealthMonitorTest {
 protected:
  // Services on port 80, 443 and all ports, each with A and B.
  HealthMonitorPortTest() { monitor_.SetServices(Services(), At(0)); }

  static HealthServices Services() {
    HealthServices services;
    for (uint16_t port : {80, 443, 0}) {
      services[Service(port)] = {{kA, true}, {kB, true}};
    }
    return services;
  }

  void SendPort(Ipv4Address address, uint16_t port, State state,
                int64_t at_ms) {
    BeaconMessage message = Message(address, state);
    message.port = port;
    monitor_.OnBeacon(message, At(at_ms));
  }
};

TEST_F(HealthMonitorPortTest, APortZeroBeaconSpeaksForAllServices) {
  Send(kA, State::kUp, 0);
  for (uint16_t port : {80, 443, 0}) EXPECT_TRUE(IsServing(kA, port)) << port;
}

TEST_F(HealthMonitorPortTest, APortsOwnBeaconSpeaksForThatPortAlone) {
  Send(kA, State::kUp, 0);
  SendPort(kA, 443, State::kDown, 10);
  EXPECT_TRUE(IsServing(kA, 80));
  EXPECT_FALSE(IsServing(kA, 443));
  EXPECT_TRUE(IsServing(kA, 0));
  EXPECT_EQ(StateOf(kA, 443), "down");
  EXPECT_EQ(monitor_.SubjectOf(kA, 443)->first.ToString(), "10.0.0.101:443");
  EXPECT_EQ(monitor_.SubjectOf(kA, 80)->first.ToString(), "10.0.0.101");
}

TEST_F(HealthMonitorPortTest, TheHostsBeaconDoesNotStandInForASilentPort) {
  Send(kA, State::kUp, 0);
  Send(kB, State::kUp, 0);
  SendPort(kA, 443, State::kUp, 0);
  Send(kA, State::kUp, 1590);
  Send(kB, State::kUp, 1590);
  TickUntil(1700);
  EXPECT_EQ(StateOf(kA, 443), "silent");
  EXPECT_FALSE(IsServing(kA, 443));
  EXPECT_TRUE(IsServing(kA, 80));
}

TEST_F(HealthMonitorPortTest, APortsFirstBeaconsCutNobodyOff) {
  Send(kA, State::kUp, 0);
  for (int ms : {5000, 5100, 5200, 5300}) {
    Send(kA, State::kUp, ms);
    SendPort(kA, 443, State::kUp, ms);
    EXPECT_TRUE(IsServing(kA, 443)) << ms;
  }
  EXPECT_EQ(monitor_.SubjectOf(kA, 443)->first.port, 443);
}

TEST_F(HealthMonitorPortTest, OnlyPortsOfServicesHaveASubject) {
  SendPort(kA, 8080, State::kUp, 0);
  EXPECT_EQ(monitor_.subjects().count({kA, 8080}), 0u);
}

TEST_F(HealthMonitorPortTest, APortThatHadABeaconBeforeTheStartIsAwaited) {
  HealthMonitor later(Options(), [] {});
  later.SetKnownSenders({{kA, 443}});
  later.SetServices(Services(), At(0));
  later.OnBeacon(Message(kA, State::kUp), At(1));
  EXPECT_TRUE(later.DecisionFor(Service(80), kA).alive);
  EXPECT_FALSE(later.DecisionFor(Service(443), kA).alive);
}

TEST_F(HealthMonitorPortTest, ABackendThatIsAddedAgainBeginsWithoutItsPort) {
  SendPort(kA, 443, State::kDown, 0);
  HealthServices without = Services();
  for (auto& [service, backends] : without) backends.erase(kA);
  monitor_.SetServices(without, At(10));
  monitor_.SetServices(Services(), At(20));
  Send(kA, State::kUp, 30);
  EXPECT_TRUE(IsServing(kA, 443));
}

// --- Flapping

TEST_F(HealthMonitorTest, TheLastServersAreNotDamped) {
  StartPool(1);
  for (int ms = 100; ms <= 10'000; ms += 100) {
    Send(kA, ms % 1000 < 500 ? State::kDown : State::kUp, ms);
    if (ms % 1000 == 800) {
      EXPECT_TRUE(IsServing(kA)) << ms;
    } else if (ms % 1000 == 300) {
      EXPECT_FALSE(IsServing(kA)) << ms;
    }
  }
  EXPECT_EQ(ModeOf(), "calm") << "it says down now";
  EXPECT_GT(monitor_.services().at(Service(80)).panic().panics(), 0u);
}

// --- Panic. The pool's beacons come every 100 ms, server i's at i ms.

class HealthMonitorPanicTest : public HealthMonitorTest {
 protected:
  static constexpr int kServers = 20;

  HealthMonitorPanicTest() { StartPool(kServers); }

  // All of `from` to `to` until `until_ms`, without those that `lost` says.
  template <typename Lost>
  void Run(int64_t from_ms, int64_t until_ms, Lost lost) {
    for (int64_t ms = from_ms; ms < until_ms; ++ms) {
      TickUntil(ms);
      const int server = static_cast<int>(ms % 100) + 1;
      if (server <= kServers && !lost(server)) {
        Send(Server(server), State::kUp, ms);
      }
      ms_ = ms;
      WatchTables();
    }
  }

  // What a table would see.
  void WatchTables() {
    const int serving = CountServing(kServers);
    fewest_ = std::min(fewest_, serving);
  }

  static bool Nobody(int) { return false; }
  static bool Everybody(int) { return true; }

  int fewest_ = kServers;
  int64_t ms_ = 0;
};

TEST_F(HealthMonitorPanicTest, WhenAllBeaconsStopNothingChanges) {
  Run(1, 5000, Nobody);
  Run(5000, 60'000, Everybody);
  EXPECT_EQ(fewest_, kServers);
  EXPECT_EQ(ModeOf(), "panic");
  EXPECT_EQ(StateOf(kA), "silent");
  EXPECT_TRUE(monitor_.DecisionFor(Service(80), kA).trusted);
  Run(60'000, 70'000, Nobody);
  EXPECT_EQ(fewest_, kServers) << "nor when they return";
  EXPECT_EQ(ModeOf(), "calm");
  EXPECT_EQ(monitor_.services().at(Service(80)).panic().panics(), 1u);
  EXPECT_EQ(HealthOf(kA).flaps().changes(), 0u) << "that was not its fault";
}

TEST_F(HealthMonitorPanicTest, NothingChangesWhenTheNetworkFlaps) {
  int64_t ms = 1;
  for (int i = 0; i < 10; ++i, ms += 10'000) {
    Run(ms, ms + 5000, Nobody);
    Run(ms + 5000, ms + 10'000, Everybody);
  }
  EXPECT_EQ(fewest_, kServers);
  Run(ms, ms + 5000, Nobody);
  EXPECT_EQ(StateOf(kA), "up");
}

TEST_F(HealthMonitorPanicTest, OneSilentServerIsFoundInTime) {
  Run(1, 5000, Nobody);
  Run(5000, 6550, [](int server) { return server == 1; });
  EXPECT_TRUE(IsServing(kA));
  Run(6550, 6552, [](int server) { return server == 1; });
  EXPECT_FALSE(IsServing(kA)) << "its last beacon came at 4900 ms";
  EXPECT_EQ(fewest_, kServers - 1);
}

TEST_F(HealthMonitorPanicTest, FewerThanHalfThatDieTogetherAreFound) {
  Run(1, 5000, Nobody);
  Run(5000, 9000, [](int server) { return server <= 10; });
  EXPECT_EQ(CountServing(kServers), 10);
  EXPECT_EQ(ModeOf(), "calm");
}

TEST_F(HealthMonitorPanicTest, InPanicWhoSaidDownGetsNothing) {
  Run(1, 5000, Nobody);
  Send(kA, State::kDown, 5000);
  Run(5001, 10'000, Everybody);
  EXPECT_EQ(ModeOf(), "panic");
  EXPECT_FALSE(IsServing(kA));
  EXPECT_EQ(CountServing(kServers), kServers - 1);
}

TEST_F(HealthMonitorPanicTest, InPanicWhoFellSilentBeforeGetsTrafficAgain) {
  Run(1, 5000, Nobody);
  Run(5000, 10'000, [](int server) { return server == 1; });
  EXPECT_FALSE(IsServing(kA));
  Run(10'000, 15'000, Everybody);
  EXPECT_TRUE(IsServing(kA));
}

TEST_F(HealthMonitorPanicTest, WhoIsStillSilentAfterAPanicIsCutOff) {
  Run(1, 5000, Nobody);
  Run(5000, 10'000, Everybody);
  Run(10'000, 11'500, [](int server) { return server == 1; });
  EXPECT_TRUE(IsServing(kA)) << "the others are heard for 1500 ms only";
  Run(11'500, 11'800, [](int server) { return server == 1; });
  EXPECT_FALSE(IsServing(kA));
  EXPECT_EQ(CountServing(kServers), kServers - 1);
}

TEST_F(HealthMonitorPanicTest, ASuspicionThatWasWrongEndsWhenOthersSpeak) {
  Run(1, 5000, Nobody);
  // Server 1 dies; just before its timeout 15 others miss five beacons.
  Run(5000, 6100, [](int server) { return server == 1; });
  Run(6100, 6590, [](int server) { return server <= 16; });
  EXPECT_EQ(StateOf(kA), "silent");
  EXPECT_EQ(ModeOf(), "suspecting");
  EXPECT_TRUE(IsServing(kA));
  Run(6590, 6700, [](int server) { return server == 1; });
  EXPECT_EQ(ModeOf(), "calm");
  EXPECT_FALSE(IsServing(kA));
  EXPECT_EQ(CountServing(kServers), kServers - 1);
}

TEST_F(HealthMonitorPanicTest, DampingOutlastsAPanic) {
  for (State state : {State::kDown, State::kUp, State::kDown, State::kUp}) {
    for (int i = 0; i < 3; ++i) Send(kA, state, 1);
  }
  ASSERT_EQ(StateOf(kA), "damped");
  Run(2, 1000, Nobody);
  Run(1000, 5000, Everybody);
  EXPECT_TRUE(IsServing(kA)) << "too few are up";
  Run(5000, 5300, Nobody);
  EXPECT_EQ(StateOf(kA), "damped");
}

TEST_F(HealthMonitorPanicTest, WhoIsDampedAndDrainsGetsNoNewFlowsInAPanic) {
  for (State state : {State::kDown, State::kUp, State::kDown}) {
    for (int i = 0; i < 3; ++i) Send(kA, state, 1);
  }
  for (int i = 0; i < 3; ++i) Send(kA, State::kDraining, 1);
  ASSERT_EQ(StateOf(kA), "damped");
  for (int i = 2; i <= kServers; ++i) Send(Server(i), State::kDown, 2);
  ASSERT_EQ(ModeOf(), "panic");
  const auto takes_new_flows = [this] {
    EXPECT_TRUE(IsServing(kA));
    return monitor_.DecisionFor(Service(80), kA).takes_new_flows;
  };
  EXPECT_FALSE(takes_new_flows());
  changes_ = 0;
  Send(kA, State::kUp, 1500);
  EXPECT_TRUE(takes_new_flows());
  EXPECT_EQ(changes_, 1);
  Send(kA, State::kDraining, 1501);
  EXPECT_FALSE(takes_new_flows());
  EXPECT_EQ(changes_, 2);
}

TEST_F(HealthMonitorPanicTest, AChangeOfServicesThatBeginsAPanicIsTold) {
  Run(1, 100, Nobody);
  Run(100, 5000, [](int server) { return server <= 8; });
  ASSERT_EQ(ModeOf(), "calm");
  changes_ = 0;
  monitor_.SetServices(Pool(18), At(5000));
  EXPECT_EQ(changes_, 0) << "10 of 18 are up";
  monitor_.SetServices(Pool(12), At(5000));
  EXPECT_EQ(changes_, 1) << "4 of 12 are up";
  EXPECT_EQ(ModeOf(), "panic");
  EXPECT_TRUE(IsServing(kA));
}

TEST(HealthMonitorNoPanic, ZeroPercentBelievesEverySilence) {
  HealthMonitor::Options options = Options();
  options.panic_percent = 0;
  HealthMonitor monitor(options, [] {});
  monitor.SetServices(Pool(1), At(0));
  BeaconMessage message;
  message.address = kA;
  message.state = State::kUp;
  message.interval_ms = 100;
  monitor.OnBeacon(message, At(0));
  monitor.Tick(At(1650));
  EXPECT_FALSE(monitor.DecisionFor(Service(80), kA).alive);
}

}  // namespace
}  // namespace l275
