#include "lb/agent/health/health_monitor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/testing/log_capture.h"

namespace l275 {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using State = BeaconMessage::State;

constexpr milliseconds kTimeout{1600};
constexpr Ipv4Address kA = Ipv4Address::FromHost(0x0a000065);  // 10.0.0.101
constexpr Ipv4Address kB = Ipv4Address::FromHost(0x0a000066);  // 10.0.0.102

HealthTime At(int ms) {
  return HealthTime(std::chrono::hours(1)) + milliseconds(ms);
}

BeaconMessage Beacon(Ipv4Address address, State state, uint64_t epoch,
                     uint64_t sequence) {
  BeaconMessage message;
  message.address = address;
  message.state = state;
  message.interval_ms = 100;
  message.epoch = epoch;
  message.sequence = sequence;
  return message;
}

class HealthMonitorTest : public ::testing::Test {
 protected:
  HealthMonitorTest() { monitor_.SetBackends({kA, kB}, At(0)); }

  Health StateOf(Ipv4Address address) {
    return monitor_.view().at(address).state;
  }

  int changes_ = 0;
  HealthMonitor monitor_{{kTimeout}, [this] { ++changes_; }};
  LogCapture log_;
};

// Its beacons of before the restart are news still.
TEST_F(HealthMonitorTest, PresumedUpUntilItsSilenceSaysOtherwise) {
  HealthMonitor monitor(HealthMonitor::Options{}, [] {});
  monitor.PresumeUp({kA}, At(0));
  monitor.SetBackends({kA, kB}, At(0));
  EXPECT_EQ(monitor.view().at(kA).state, Health::kUp);
  EXPECT_EQ(monitor.view().at(kB).state, Health::kUnknown);
  monitor.OnBeacon(Beacon(kA, State::kUp, 1, 1), At(100));
  EXPECT_EQ(monitor.counters().accepted, 1u);
  monitor.ExpireSilent(At(1699));
  EXPECT_EQ(monitor.view().at(kA).state, Health::kUp);
  monitor.ExpireSilent(At(1700));
  EXPECT_EQ(monitor.view().at(kA).state, Health::kSilent);
}

TEST_F(HealthMonitorTest, BackendsAreUnknownUntilHeard) {
  EXPECT_EQ(StateOf(kA), Health::kUnknown);
  EXPECT_EQ(monitor_.view().at(kA).last_beacon, std::nullopt);
  EXPECT_EQ(monitor_.view().at(kA).last_change, At(0));
  EXPECT_EQ(monitor_.NextExpiry(), std::nullopt);
  monitor_.ExpireSilent(At(1000000));
  EXPECT_EQ(StateOf(kA), Health::kUnknown);
  EXPECT_EQ(changes_, 0);
}

TEST_F(HealthMonitorTest, ABeaconTellsEverythingThatTheViewShows) {
  monitor_.OnBeacon(Beacon(kA, State::kUp, 7, 1), At(40));
  monitor_.OnBeacon(Beacon(kA, State::kUp, 7, 2), At(140));
  const BackendHealth& backend = monitor_.view().at(kA);
  EXPECT_EQ(backend.state, Health::kUp);
  EXPECT_EQ(backend.last_change, At(40));
  EXPECT_EQ(backend.last_beacon, At(140));
  EXPECT_EQ(backend.interval, milliseconds(100));
  EXPECT_EQ(backend.epoch, 7u);
  EXPECT_EQ(backend.sequence, 2u);
  EXPECT_EQ(StateOf(kB), Health::kUnknown);
}

// What happens to backend A in the order of time, and what comes of it. The
// last step is the one under test.
struct Step {
  enum Kind { kBeacon, kExpire } kind;
  int at_ms;
  State state = State::kUp;
  uint64_t epoch = 0;
  uint64_t sequence = 0;
};

Step Up(int at_ms, uint64_t epoch, uint64_t sequence) {
  return {Step::kBeacon, at_ms, State::kUp, epoch, sequence};
}
Step Down(int at_ms, uint64_t epoch, uint64_t sequence) {
  return {Step::kBeacon, at_ms, State::kDown, epoch, sequence};
}
Step Expire(int at_ms) { return {Step::kExpire, at_ms}; }

struct Row {
  const char* description;
  std::vector<Step> steps;
  Health state;
  int changes;  // calls of on_change, all steps together
  uint64_t accepted;
  uint64_t stale;
};

class HealthMonitorRowTest : public ::testing::TestWithParam<Row> {};

TEST_P(HealthMonitorRowTest, EndsAsDescribed) {
  const Row& row = GetParam();
  SCOPED_TRACE(row.description);
  int changes = 0;
  HealthMonitor monitor({kTimeout}, [&changes] { ++changes; });
  monitor.SetBackends({kA}, At(0));
  for (const Step& step : row.steps) {
    if (step.kind == Step::kExpire) {
      monitor.ExpireSilent(At(step.at_ms));
    } else {
      monitor.OnBeacon(Beacon(kA, step.state, step.epoch, step.sequence),
                       At(step.at_ms));
    }
  }
  EXPECT_EQ(HealthWord(monitor.view().at(kA).state),
            std::string(HealthWord(row.state)));
  EXPECT_EQ(changes, row.changes);
  EXPECT_EQ(monitor.counters().accepted, row.accepted);
  EXPECT_EQ(monitor.counters().stale, row.stale);
}

INSTANTIATE_TEST_SUITE_P(
    States, HealthMonitorRowTest,
    ::testing::Values(
        Row{"unknown, beacon up", {Up(0, 5, 1)}, Health::kUp, 1, 1, 0},
        Row{"unknown, beacon down", {Down(0, 5, 1)}, Health::kDown, 1, 1, 0},
        Row{"first beacon has a high sequence: the agent started later",
            {Up(0, 5, 90000)},
            Health::kUp,
            1,
            1,
            0},
        Row{"up, beacon up",
            {Up(0, 5, 1), Up(100, 5, 2)},
            Health::kUp,
            1,
            2,
            0},
        Row{"up, beacon down",
            {Up(0, 5, 1), Down(100, 5, 2)},
            Health::kDown,
            2,
            2,
            0},
        Row{"down said three times",
            {Up(0, 5, 1), Down(9, 5, 2), Down(9, 5, 3), Down(9, 5, 4)},
            Health::kDown,
            2,
            4,
            0},
        Row{"down, beacon up of a new start",
            {Down(0, 5, 9), Up(50, 6, 1)},
            Health::kUp,
            2,
            2,
            0},
        Row{"up, 1 ms before the timeout",
            {Up(0, 5, 1), Expire(1599)},
            Health::kUp,
            1,
            1,
            0},
        Row{"up, at the timeout",
            {Up(0, 5, 1), Expire(1600)},
            Health::kSilent,
            2,
            1,
            0},
        Row{"up, the timeout counts from the last beacon",
            {Up(0, 5, 1), Up(100, 5, 2), Expire(1699)},
            Health::kUp,
            1,
            2,
            0},
        Row{"silent stays silent",
            {Up(0, 5, 1), Expire(1600), Expire(9000)},
            Health::kSilent,
            2,
            1,
            0},
        Row{"silent, beacon up",
            {Up(0, 5, 1), Expire(1600), Up(1700, 5, 2)},
            Health::kUp,
            3,
            2,
            0},
        Row{"silent, beacon down",
            {Up(0, 5, 1), Expire(1600), Down(1700, 5, 2)},
            Health::kDown,
            3,
            2,
            0},
        Row{"down stays down in silence",
            {Down(0, 5, 1), Expire(9000)},
            Health::kDown,
            1,
            1,
            0}));

INSTANTIATE_TEST_SUITE_P(
    Order, HealthMonitorRowTest,
    ::testing::Values(Row{"a duplicate is stale",
                          {Up(0, 5, 1), Up(1, 5, 1)},
                          Health::kUp,
                          1,
                          1,
                          1},
                      Row{"a duplicate does not put off the timeout",
                          {Up(0, 5, 1), Up(1000, 5, 1), Expire(1600)},
                          Health::kSilent,
                          2,
                          1,
                          1},
                      Row{"an up that a down overtook is stale",
                          {Up(0, 5, 1), Down(9, 5, 3), Up(10, 5, 2)},
                          Health::kDown,
                          2,
                          2,
                          1},
                      Row{"a gap in the sequence is a lost beacon",
                          {Up(0, 5, 1), Down(9, 5, 8)},
                          Health::kDown,
                          2,
                          2,
                          0},
                      Row{"a newer epoch counts whatever its sequence",
                          {Up(0, 5, 90), Down(9, 6, 1)},
                          Health::kDown,
                          2,
                          2,
                          0},
                      Row{"an older epoch is stale",
                          {Up(0, 5, 1), Down(9, 4, 90)},
                          Health::kUp,
                          1,
                          1,
                          1},
                      Row{"an older epoch is stale until the timeout",
                          {Up(0, 5, 1), Down(1599, 4, 1)},
                          Health::kUp,
                          1,
                          1,
                          1},
                      Row{"an older epoch counts from the timeout on",
                          {Up(0, 5, 1), Down(1600, 4, 1)},
                          Health::kDown,
                          2,
                          2,
                          0},
                      Row{"a clock set back: back to its sequence afterwards",
                          {Down(0, 5, 9), Up(2000, 4, 1), Up(2100, 4, 2),
                           Up(2200, 4, 2)},
                          Health::kUp,
                          2,
                          3,
                          1},
                      Row{"the same sequence stays stale after the timeout",
                          {Up(0, 5, 1), Expire(1600), Up(5000, 5, 1)},
                          Health::kSilent,
                          2,
                          1,
                          1}));

TEST_F(HealthMonitorTest, NextExpiryIsThatOfTheBackendUpSilentLongest) {
  monitor_.OnBeacon(Beacon(kA, State::kUp, 5, 1), At(0));
  monitor_.OnBeacon(Beacon(kB, State::kUp, 5, 1), At(50));
  EXPECT_EQ(monitor_.NextExpiry(), At(1600));
  monitor_.OnBeacon(Beacon(kA, State::kUp, 5, 2), At(100));
  EXPECT_EQ(monitor_.NextExpiry(), At(1650));
  monitor_.OnBeacon(Beacon(kB, State::kDown, 5, 2), At(110));
  EXPECT_EQ(monitor_.NextExpiry(), At(1700));
  monitor_.ExpireSilent(At(1700));
  EXPECT_EQ(monitor_.NextExpiry(), std::nullopt);
}

TEST_F(HealthMonitorTest, BackendsThatFallSilentTogetherAreOneChange) {
  monitor_.OnBeacon(Beacon(kA, State::kUp, 5, 1), At(0));
  monitor_.OnBeacon(Beacon(kB, State::kUp, 5, 1), At(1));
  EXPECT_EQ(changes_, 2);
  monitor_.ExpireSilent(At(5000));
  EXPECT_EQ(changes_, 3);
  EXPECT_EQ(StateOf(kA), Health::kSilent);
  EXPECT_EQ(StateOf(kB), Health::kSilent);
}

TEST_F(HealthMonitorTest, OnChangeSeesTheNewState) {
  std::vector<std::string> seen;
  HealthMonitor* watched = nullptr;
  HealthMonitor monitor({kTimeout}, [&] {
    const BackendHealth& backend = watched->view().at(kA);
    seen.push_back(HealthWord(backend.state));
    EXPECT_TRUE(backend.last_beacon.has_value());
  });
  watched = &monitor;
  monitor.SetBackends({kA}, At(0));
  monitor.OnBeacon(Beacon(kA, State::kUp, 5, 1), At(0));
  monitor.ExpireSilent(At(1600));
  EXPECT_THAT(seen, ElementsAre("up", "silent"));
}

TEST_F(HealthMonitorTest, BeaconsForOthersAreCountedAndForgotten) {
  const Ipv4Address other = Ipv4Address::FromHost(0x0a000067);
  monitor_.OnBeacon(Beacon(other, State::kUp, 5, 1), At(0));
  EXPECT_EQ(monitor_.counters().unknown_sender, 1u);
  EXPECT_EQ(monitor_.counters().accepted, 0u);
  EXPECT_EQ(monitor_.view().count(other), 0u);
  EXPECT_EQ(changes_, 0);
}

TEST_F(HealthMonitorTest, AnAddedBackendIsUpWithItsNextBeacon) {
  const Ipv4Address added = Ipv4Address::FromHost(0x0a000067);
  monitor_.OnBeacon(Beacon(added, State::kUp, 5, 1), At(0));
  monitor_.SetBackends({kA, kB, added}, At(10));
  EXPECT_EQ(StateOf(added), Health::kUnknown);
  monitor_.OnBeacon(Beacon(added, State::kUp, 5, 2), At(100));
  EXPECT_EQ(StateOf(added), Health::kUp);
}

TEST_F(HealthMonitorTest, SetBackendsKeepsWhoStaysAndForgetsWhoGoes) {
  monitor_.OnBeacon(Beacon(kA, State::kUp, 5, 1), At(0));
  monitor_.OnBeacon(Beacon(kB, State::kUp, 5, 1), At(0));
  monitor_.SetBackends({kA}, At(10));
  EXPECT_EQ(StateOf(kA), Health::kUp);
  EXPECT_EQ(monitor_.view().at(kA).last_change, At(0));
  EXPECT_EQ(monitor_.view().count(kB), 0u);
  monitor_.SetBackends({kA, kB}, At(20));
  EXPECT_EQ(StateOf(kB), Health::kUnknown);
  EXPECT_EQ(monitor_.view().at(kB).last_change, At(20));
  EXPECT_EQ(changes_, 2) << "the caller knows of its own changes";
}

TEST_F(HealthMonitorTest, LogsEachChangeOnceWithItsReason) {
  monitor_.OnBeacon(Beacon(kA, State::kUp, 5, 1), At(0));
  monitor_.OnBeacon(Beacon(kA, State::kUp, 5, 2), At(100));
  monitor_.ExpireSilent(At(1700));
  monitor_.ExpireSilent(At(1800));
  monitor_.OnBeacon(Beacon(kA, State::kUp, 5, 3), At(5100));
  monitor_.OnBeacon(Beacon(kA, State::kDown, 5, 4), At(5200));
  monitor_.OnBeacon(Beacon(kA, State::kDown, 5, 5), At(5201));
  EXPECT_THAT(
      log_.Take(),
      ElementsAre(
          "backend 10.0.0.101 is up (was unknown): its first beacon",
          "backend 10.0.0.101 is silent (was up): no beacon for 1600 ms",
          "backend 10.0.0.101 is up (was silent): a beacon, 5000 ms after the "
          "one before",
          "backend 10.0.0.101 is down (was up): its beacon says so"));
}

TEST_F(HealthMonitorTest, WarnsOnceOfAnIntervalTooLongForTheTimeout) {
  BeaconMessage message = Beacon(kA, State::kUp, 5, 1);
  message.interval_ms = 533;
  monitor_.OnBeacon(message, At(0));
  log_.Take();
  for (message.interval_ms = 534; message.sequence < 5; ++message.sequence) {
    monitor_.OnBeacon(message, At(0));
  }
  EXPECT_THAT(log_.Take(),
              ElementsAre(HasSubstr("sends a beacon every 534 ms, more than a "
                                    "third of the timeout of 1600 ms")));
  message.interval_ms = ~uint32_t{0};
  monitor_.OnBeacon(message, At(60000));
  EXPECT_THAT(log_.Take(), ElementsAre(HasSubstr("every 4294967295 ms")));
}

// As forged beacons between those of the backend would.
TEST_F(HealthMonitorTest, WarnsOfAlternatingIntervalsOnceAMinute) {
  BeaconMessage message = Beacon(kA, State::kUp, 5, 1);
  monitor_.OnBeacon(message, At(0));
  log_.Take();
  for (int seconds = 1; seconds <= 121; ++seconds) {
    message.interval_ms = seconds % 2 == 0 ? 100 : 2000;
    ++message.sequence;
    monitor_.OnBeacon(message, At(seconds * 1000));
  }
  const auto warning = HasSubstr("every 2000 ms");
  EXPECT_THAT(log_.Take(), ElementsAre(warning, warning, warning));
}

TEST_F(HealthMonitorTest, WarnsInTimeOfAnIntervalThatStays) {
  BeaconMessage message = Beacon(kA, State::kUp, 5, 1);
  message.interval_ms = 600;
  monitor_.OnBeacon(message, At(0));
  message.interval_ms = 700;
  ++message.sequence;
  monitor_.OnBeacon(message, At(600));
  log_.Take();
  ++message.sequence;
  monitor_.OnBeacon(message, At(60000));
  EXPECT_THAT(log_.Take(), ElementsAre(HasSubstr("every 700 ms")));
}

TEST_F(HealthMonitorTest, LogsOfABackendThatFlapsAreBounded) {
  for (uint64_t i = 1; i <= 100; ++i) {
    const State state = i % 2 == 0 ? State::kDown : State::kUp;
    monitor_.OnBeacon(Beacon(kA, state, 5, i), At(static_cast<int>(i)));
  }
  EXPECT_THAT(log_.Take(), SizeIs(10));
  EXPECT_EQ(changes_, 100) << "what is not logged counts";
  monitor_.OnBeacon(Beacon(kA, State::kDown, 5, 101), At(1500));
  EXPECT_THAT(log_.Take(),
              ElementsAre("90 more changes of backends' states are not logged: "
                          "at most 10 are in a second"));
}

TEST_F(HealthMonitorTest, CountsEveryMalformedDatagramAndLogsTheFirst) {
  for (int i = 0; i < 3; ++i) {
    monitor_.OnMalformed(absl::InvalidArgumentError("a beacon of 3 bytes"), kB);
  }
  EXPECT_EQ(monitor_.counters().malformed, 3u);
  EXPECT_THAT(log_.Take(),
              ElementsAre("ignoring what 10.0.0.102 sent to the beacon group: "
                          "a beacon of 3 bytes"));
}

}  // namespace
}  // namespace l275
