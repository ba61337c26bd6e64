// What lbctl prints for the agent's answers, literally, and what it asks for.

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/control/control.pb.h"
#include "common/control/json.h"
#include "lb/cli/lbctl_fixture.h"

namespace l275 {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kNextHops[] = R"pb(
  next_hop {
    address: "10.0.0.101"
    next_hop {
      interface: "eth0"
      destination_mac: "02:00:00:00:01:65"
      source_mac: "02:00:00:00:01:0a"
      state: "ready"
    }
    neighbour_state: "reachable"
    age_ms: 3723999
  }
  next_hop {
    address: "10.0.1.102"
    next_hop {
      interface: "eth0"
      state: "no_neighbour"
      reason: "no ARP answer from 10.0.1.102 on eth0"
    }
    neighbour_state: "failed"
    age_ms: 999
    frames_waiting: 64
  }
  next_hop {
    address: "10.0.2.103"
    next_hop { state: "no_route" reason: "no route" }
    neighbour_state: "no_route"
    age_ms: 1000
  }
  next_hop {
    address: "10.0.3.104"
    next_hop {
      interface: "eth0"
      gateway: "10.0.0.1"
      state: "unusable"
      reason: "behind router 10.0.0.1"
    }
    neighbour_state: "unusable"
    age_ms: 1000
  }
)pb";

constexpr char kServices[] = R"pb(
  service {
    service: "tcp:10.0.0.200:80"
    table_size: 65537
    forwarded { packets: 1000 bytes: 64000 }
    backend {
      address: "10.0.0.101"
      weight: 100
      health: UP
      active: true
      slots: 65537
      recent_flows: 7
      forwarded { packets: 1000 bytes: 64000 }
      next_hop {
        interface: "eth0"
        destination_mac: "02:00:00:00:01:65"
        source_mac: "02:00:00:00:01:0a"
        state: "ready"
      }
      beacon_age_ms: 42
    }
    backend {
      address: "10.0.0.102"
      weight: 50
      disabled: true
      health: SILENT
      forwarded {}
      next_hop {
        interface: "eth0"
        destination_mac: "02:00:00:00:01:01"
        source_mac: "02:00:00:00:01:0a"
        state: "ready"
      }
      beacon_age_ms: 12345
    }
    backend {
      address: "10.0.0.103"
      weight: 100
      health: UNKNOWN
      next_hop { state: "no_neighbour" reason: "no ARP answer" }
    }
    backend {
      address: "10.0.0.104"
      weight: 100
      draining: true
      health: UP
      recent_flows: 311
      next_hop { state: "no_neighbour" }
    }
    backend {
      address: "10.0.0.105"
      weight: 100
      draining: true
      drain_until: 1
      health: UP
      next_hop { state: "no_neighbour" }
    }
    backend {
      address: "10.0.0.106"
      weight: 100
      health: UP
      unreachable: true
      next_hop { state: "no_neighbour" reason: "no ARP answer" }
    }
    backend {
      address: "10.0.0.107"
      weight: 100
      health: UP
      active: true
      unreachable: true
      next_hop { state: "no_route" reason: "no route" }
    }
  }
  service { service: "tcp:10.0.0.201:0" table_size: 251 }
)pb";

constexpr char kStats[] = R"pb(
  verdict {
    verdict: "forward_tx"
    action: "TX"
    help: "sent to its backend"
    counter { packets: 1000 bytes: 64000 }
  }
  verdict {
    verdict: "pass_fragment"
    action: "PASS"
    help: "a fragment"
    counter {}
  }
  verdict {
    verdict: "drop_no_route"
    action: "DROP"
    help: "no route"
    counter { packets: 3 bytes: 180 }
  }
  flow_event { event: "found" packets: 900 help: "has an entry" }
  flow_event { event: "full" help: "has none" }
  service {
    service: "tcp:10.0.0.200:80"
    forwarded { packets: 1000 bytes: 64000 }
    backend {
      address: "10.0.0.101"
      forwarded { packets: 999 bytes: 63936 }
    }
    backend {
      address: "10.0.0.102"
      forwarded { packets: 1 bytes: 64 }
    }
  }
)pb";

using LbctlOutputTest = LbctlFixture;

TEST_F(LbctlOutputTest, NextHopList) {
  const auto next_hops =
      SetAnswer<control::NextHops>("GET /v1/nexthops", kNextHops);
  EXPECT_EQ(
      OutputOf("nexthop list"),
      R"(BACKEND     GATEWAY   INTERFACE  MAC                STATE         AGE  WAITING  REASON
10.0.0.101  -         eth0       02:00:00:00:01:65  reachable  1h2m3s        0  -
10.0.1.102  -         eth0       -                  failed         0s       64  no ARP answer from 10.0.1.102 on eth0
10.0.2.103  -         -          -                  no_route       1s        0  no route
10.0.3.104  10.0.0.1  eth0       -                  unusable       1s        0  behind router 10.0.0.1
)");
  EXPECT_EQ(OutputOf("nexthop list --output=json"), ToPrettyJson(next_hops));
}

constexpr char kHealth[] = R"pb(
  trust: "signed"
  keys: 2
  backend {
    backend: "10.0.0.101"
    state: UP
    in_state_ms: 607000
    reason: "its first beacon"
    beacon_age_ms: 42
    interval_ms: 100
    weight_percent: 70
    loss_percent: 0.123
    key_id: 9
  }
  backend {
    backend: "10.0.0.101"
    port: 443
    state: DAMPED
    in_state_ms: 850
    reason: "it says up, but changed 3 times"
    beacon_age_ms: 7
    interval_ms: 100
    weight_percent: 100
    flaps: 3
    damped_ms: 29500
  }
  backend { backend: "10.0.0.102" in_state_ms: 93600000 reason: "never heard" }
  service {
    service: "tcp:10.0.0.200:80"
    mode: "panic"
    backends: 3
    up: 1
    panics: 4
  }
  service { service: "tcp:10.0.0.200:443" mode: "calm" backends: 2 up: 2 }
  beacon { result: "malformed" help: "no beacon" }
  beacon { result: "replayed" help: "not newer" beacons: 12 }
)pb";

TEST_F(LbctlOutputTest, Health) {
  const auto health =
      SetAnswer<control::HealthStates>("GET /v1/health", kHealth);
  EXPECT_EQ(
      OutputOf("health"),
      R"(BACKEND     PORT  STATE     SINCE  BEACON_AGE_MS  INTERVAL_MS  LOSS  WEIGHT  KEY  FLAPS  DAMPED  REASON
10.0.0.101   all  up       10m07s             42          100  0.1%     70%    9      0       -  its first beacon
10.0.0.101   443  damped    850ms              7          100     -    100%    -      3     29s  it says up, but changed 3 times
10.0.0.102   all  unknown   1d02h              -            -     -       -    -      0       -  never heard

SERVICE              UP  SILENCE_IS            PANICS
tcp:10.0.0.200:80   1/3  the network's: PANIC       4
tcp:10.0.0.200:443  2/2  believed                   0

BEACONS   NUMBER  MEANING
replayed      12  not newer
)");
  EXPECT_THAT(OutputOf("health --all"),
              HasSubstr("malformed       0  no beacon"));
  EXPECT_EQ(OutputOf("health --output=json"), ToPrettyJson(health));
}

TEST_F(LbctlOutputTest, HealthShowsWhichBackendNoFrameReaches) {
  SetAnswer<control::HealthStates>("GET /v1/health", R"pb(
    trust: "signed"
    backend {
      backend: "10.0.0.101"
      state: UP
      reason: "its first beacon"
      unreachable: true
      unreachable_reason: "no ARP answer"
    }
    backend {
      backend: "10.0.0.102"
      state: SILENT
      reason: "no beacon for 1600 ms"
      unreachable: true
      unreachable_reason: "no ARP answer"
    }
  )pb");
  EXPECT_THAT(OutputOf("health"),
              AllOf(ContainsRegex("10.0.0.101 +all +unreachable .*  no ARP "
                                  "answer\n"),
                    ContainsRegex("10.0.0.102 +all +silent .*  no beacon for "
                                  "1600 ms\n")));
}

TEST_F(LbctlOutputTest, HealthTellsWhenNobodyChecks) {
  SetAnswer<control::HealthStates>("GET /v1/health", "trust: \"none\"");
  EXPECT_EQ(OutputOf("health"),
            "health is not checked: every backend counts as up\n");
  SetAnswer<control::HealthStates>("GET /v1/health", "trust: \"insecure\"");
  EXPECT_THAT(OutputOf("health"),
              HasSubstr("INSECURE: beacons are believed without a key\n"));
}

TEST_F(LbctlOutputTest, JsonHasTheSchemasNamesAndEveryField) {
  SetAnswer<control::Status>("GET /v1/status", "health: \"none\"");
  const std::string json = OutputOf("--output json status");
  EXPECT_THAT(json, HasSubstr("\n \"uptime_seconds\": \"0\",\n"));
  EXPECT_EQ(json.substr(json.size() - 2), "}\n");
}

TEST_F(LbctlOutputTest, ServiceList) {
  const auto services =
      SetAnswer<control::ServiceStates>("GET /v1/services", kServices);
  EXPECT_EQ(OutputOf("service list"),
            "SERVICE            TABLE_SIZE  ACTIVE  PACKETS  BYTES\n"
            "tcp:10.0.0.200:80       65537     2/7     1000  64000\n"
            "tcp:10.0.0.201:0          251     0/0        0      0\n");
  EXPECT_EQ(OutputOf("service list --output=json"), ToPrettyJson(services));
}

TEST_F(LbctlOutputTest, ServiceListOfNoServiceIsItsHeader) {
  SetAnswer<control::ServiceStates>("GET /v1/services", "");
  EXPECT_EQ(OutputOf("service list"),
            "SERVICE  TABLE_SIZE  ACTIVE  PACKETS  BYTES\n");
}

TEST_F(LbctlOutputTest, ServiceShow) {
  const auto services =
      SetAnswer<control::ServiceStates>("GET /v1/services", kServices);
  EXPECT_EQ(OutputOf("service show tcp:10.0.0.201:0"),
            "service:     tcp:10.0.0.201:0\n"
            "table size:  251\n"
            "active:      0/0 backends\n"
            "forwarded:   0 packets, 0 bytes\n"
            "\n"
            "SERVICE  BACKEND  WEIGHT  STATE  HEALTH  BEACON_AGE_MS  SLOTS  "
            "FLOWS  PACKETS  BYTES  NEXT_HOP\n");
  EXPECT_EQ(OutputOf("service show tcp:10.0.0.200:80 --output=json"),
            ToPrettyJson(services.service(0)));
}

TEST_F(LbctlOutputTest, BackendList) {
  const auto services =
      SetAnswer<control::ServiceStates>("GET /v1/services", kServices);
  constexpr char kTable[] =
      R"(SERVICE            BACKEND     WEIGHT  STATE                HEALTH   BEACON_AGE_MS  SLOTS  FLOWS  PACKETS  BYTES  NEXT_HOP
tcp:10.0.0.200:80  10.0.0.101     100  active               up                  42  65537      7     1000  64000  eth0 02:00:00:00:01:65
tcp:10.0.0.200:80  10.0.0.102      50  disabled             silent           12345      0      0        0      0  eth0 02:00:00:00:01:01
tcp:10.0.0.200:80  10.0.0.103     100  inactive             unknown              -      0      0        0      0  no ARP answer
tcp:10.0.0.200:80  10.0.0.104     100  draining             up                   -      0    311        0      0  no_neighbour
tcp:10.0.0.200:80  10.0.0.105     100  drained              up                   -      0      0        0      0  no_neighbour
tcp:10.0.0.200:80  10.0.0.106     100  unreachable          up                   -      0      0        0      0  no ARP answer
tcp:10.0.0.200:80  10.0.0.107     100  unreachable,trusted  up                   -      0      0        0      0  no route
)";
  EXPECT_EQ(OutputOf("backend list"), kTable);
  EXPECT_EQ(OutputOf("backend list --service=tcp:10.0.0.200:80"), kTable);
  EXPECT_EQ(OutputOf("backend list --output=json"), ToPrettyJson(services));

  control::ServiceStates second;
  *second.add_service() = services.service(1);
  EXPECT_EQ(OutputOf("backend list --service=tcp:10.0.0.201:0 --output=json"),
            ToPrettyJson(second));
}

TEST_F(LbctlOutputTest, StatsShowsVerdictsThatHappened) {
  const auto stats = SetAnswer<control::Stats>("GET /v1/stats", kStats);
  EXPECT_EQ(OutputOf("stats"),
            "VERDICT        ACTION  PACKETS  BYTES  MEANING\n"
            "forward_tx     TX         1000  64000  sent to its backend\n"
            "drop_no_route  DROP          3    180  no route\n"
            "\n"
            "FLOW_EVENT  PACKETS  MEANING\n"
            "found           900  has an entry\n"
            "\n"
            "SERVICE            BACKEND     PACKETS  BYTES\n"
            "tcp:10.0.0.200:80  all            1000  64000\n"
            "tcp:10.0.0.200:80  10.0.0.101      999  63936\n"
            "tcp:10.0.0.200:80  10.0.0.102        1     64\n");
  const std::string all = OutputOf("stats --all");
  EXPECT_THAT(
      all, HasSubstr("\npass_fragment  PASS          0      0  a fragment\n"));
  EXPECT_THAT(all, HasSubstr("\nfull              0  has none\n"));
  EXPECT_EQ(OutputOf("stats --output=json"), ToPrettyJson(stats));
}

constexpr char kExplain[] =
    "GET /v1/explain?source=10.0.0.1:40000&destination=10.0.0.200:80";

TEST_F(LbctlOutputTest, ExplainFollowsThePacketPath) {
  const auto explanation = SetAnswer<control::Explanation>(kExplain, R"pb(
    source: "10.0.0.1:40000"
    destination: "10.0.0.200:80"
    verdict: "forward_tx"
    reason: "sent to its backend"
    service: "tcp:10.0.0.200:80"
    hash: "0x0123456789abcdef"
    slot: 291
    table_size: 65537
    backend {
      address: "10.0.0.101"
      weight: 100
      health: UP
      active: true
      next_hop {
        interface: "eth0"
        destination_mac: "02:00:00:00:01:65"
        state: "ready"
      }
    }
  )pb");
  EXPECT_EQ(OutputOf("explain 10.0.0.1:40000 10.0.0.200:80"),
            "flow:      10.0.0.1:40000 -> 10.0.0.200:80\n"
            "service:   tcp:10.0.0.200:80\n"
            "hash:      0x0123456789abcdef\n"
            "slot:      291 of 65537\n"
            "backend:   10.0.0.101, active, health up, weight 100\n"
            "next hop:  eth0 02:00:00:00:01:65\n"
            "verdict:   forward_tx\n"
            "reason:    sent to its backend\n");
  EXPECT_EQ(OutputOf("explain 10.0.0.1:40000 10.0.0.200:80 --output=json"),
            ToPrettyJson(explanation));
}

TEST_F(LbctlOutputTest, ExplainSaysWhatAChangeLeft) {
  SetAnswer<control::Explanation>(kExplain, R"pb(
    service: "tcp:10.0.0.200:80"
    slot: 7
    table_size: 251
    tracked: true
  )pb");
  EXPECT_THAT(OutputOf("explain 10.0.0.1:40000 10.0.0.200:80"),
              HasSubstr(" 7 of 251, tracked; no entry\n"));
  SetAnswer<control::Explanation>(kExplain, R"pb(
    service: "tcp:10.0.0.200:80"
    slot: 7
    table_size: 251
    tracked: true
    recorded: true
  )pb");
  EXPECT_THAT(OutputOf("explain 10.0.0.1:40000 10.0.0.200:80"),
              HasSubstr(" 7 of 251, tracked; the flow has an entry\n"));
}

TEST_F(LbctlOutputTest, ExplainSaysWhereAnOpenConnectionGoes) {
  SetAnswer<control::Explanation>(kExplain, R"pb(
    service: "tcp:10.0.0.200:80"
    slot: 7
    table_size: 251
    tracked: true
    verdict: "drop_no_backend"
    reason: "none"
    established { address: "10.0.0.102" draining: true health: UP weight: 0 }
    established_verdict: "forward_tx"
  )pb");
  EXPECT_THAT(OutputOf("explain 10.0.0.1:40000 10.0.0.200:80"),
              HasSubstr("\nestablished:  10.0.0.102, "));
  EXPECT_THAT(OutputOf("explain 10.0.0.1:40000 10.0.0.200:80"),
              HasSubstr(", weight 0: forward_tx\n"));
}

TEST_F(LbctlOutputTest, ExplainSaysWhyThereIsNoNextHop) {
  SetAnswer<control::Explanation>(kExplain, R"pb(
    service: "tcp:10.0.0.200:80"
    table_size: 251
    backend {
      address: "10.0.0.101"
      next_hop { state: "no_neighbour" reason: "no ARP answer" }
    }
  )pb");
  EXPECT_THAT(OutputOf("explain 10.0.0.1:40000 10.0.0.200:80"),
              HasSubstr("\nnext hop:  none: no ARP answer\n"));
}

TEST_F(LbctlOutputTest, ExplainEndsWhereThePacketsWayEnds) {
  SetAnswer<control::Explanation>(kExplain, R"pb(
    source: "10.0.0.1:40000"
    destination: "10.0.0.200:80"
    verdict: "drop_no_backend"
    reason: "nobody is up"
    service: "tcp:10.0.0.200:80"
    hash: "0x01"
  )pb");
  EXPECT_EQ(OutputOf("explain 10.0.0.1:40000 10.0.0.200:80"),
            "flow:     10.0.0.1:40000 -> 10.0.0.200:80\n"
            "service:  tcp:10.0.0.200:80\n"
            "hash:     0x01\n"
            "backend:  none\n"
            "verdict:  drop_no_backend\n"
            "reason:   nobody is up\n");
  SetAnswer<control::Explanation>(kExplain, R"pb(
    source: "10.0.0.1:40000"
    destination: "10.0.0.200:80"
    verdict: "pass_no_service"
    reason: "not ours"
  )pb");
  EXPECT_EQ(OutputOf("explain 10.0.0.1:40000 10.0.0.200:80"),
            "flow:     10.0.0.1:40000 -> 10.0.0.200:80\n"
            "service:  none\n"
            "verdict:  pass_no_service\n"
            "reason:   not ours\n");
}

// What each command sends as a Change, and how the reply is printed.
TEST_F(LbctlOutputTest, ChangesAreSentAsOneMessage) {
  SetAnswer<control::ChangeReply>("POST /v1/change",
                                  R"pb(change: "first" change: "second")pb");
  const struct {
    const char* words;
    const char* change;
  } kRows[] = {
      {"service add tcp:10.0.0.200:80",
       R"({"add_service":{"protocol":"TCP","vip":"10.0.0.200","port":80}})"},
      {"service add tcp:10.0.0.200:0 --table_size=251 "
       "--backends=10.0.0.102@50,10.0.0.101",
       R"({"add_service":{"protocol":"TCP","vip":"10.0.0.200","port":0,)"
       R"("table_size":251,"backend":[{"address":"10.0.0.102","weight":50},)"
       R"({"address":"10.0.0.101","weight":100}]}})"},
      {"service remove tcp:10.0.0.200:80",
       R"({"remove_service":"tcp:10.0.0.200:80"})"},
      {"backend add 10.0.0.104",
       R"({"add_backend":{"backend":{"address":"10.0.0.104","weight":100}}})"},
      {"backend add 10.0.0.104@0 --service tcp:10.0.0.200:080",
       R"({"add_backend":{"service":"tcp:10.0.0.200:80",)"
       R"("backend":{"address":"10.0.0.104","weight":0}}})"},
      {"backend remove 10.0.0.104",
       R"({"remove_backend":{"address":"10.0.0.104"}})"},
      {"--service=tcp:10.0.0.200:80 backend remove 10.0.0.104",
       R"({"remove_backend":{"service":"tcp:10.0.0.200:80",)"
       R"("address":"10.0.0.104"}})"},
      {"backend enable 10.0.0.104",
       R"({"enable_backend":{"address":"10.0.0.104"}})"},
      {"backend disable 10.0.0.104",
       R"({"disable_backend":{"address":"10.0.0.104"}})"},
      {"backend drain 10.0.0.104",
       R"({"drain_backend":{"address":"10.0.0.104"}})"},
      {"backend drain 10.0.0.104 --service=tcp:10.0.0.200:80",
       R"({"drain_backend":{"service":"tcp:10.0.0.200:80",)"
       R"("address":"10.0.0.104"}})"},
      {"backend weight 10.0.0.104 65535",
       R"({"set_weight":{"address":"10.0.0.104","weight":65535}})"},
  };
  for (const auto& row : kRows) {
    EXPECT_EQ(OutputOf(row.words), "first\nsecond\n") << row.words;
    const std::vector<FakeAgent::Request> requests = agent().TakeRequests();
    ASSERT_EQ(requests.size(), 1u) << row.words;
    EXPECT_EQ(requests[0].line, "POST /v1/change");
    EXPECT_EQ(requests[0].content_type, "application/json");
    EXPECT_EQ(requests[0].body, row.change) << row.words;
  }
}

// Not a moment before the time that was asked for, and a second later at most.
TEST_F(LbctlOutputTest, ADrainEndsAtItsDeadline) {
  SetAnswer<control::ChangeReply>("POST /v1/change", "");
  const struct {
    const char* deadline;
    absl::Duration duration;
  } kRows[] = {
      {"1s", absl::Seconds(1)},    {"1500ms", absl::Milliseconds(1500)},
      {"10m", absl::Minutes(10)},  {"1h30m", absl::Minutes(90)},
      {"1.5h", absl::Minutes(90)}, {"8760h", absl::Hours(8760)}};
  for (const auto& row : kRows) {
    const absl::Time before = absl::Now();
    OutputOf(
        absl::StrCat("backend drain 10.0.0.104 --deadline=", row.deadline));
    const absl::Time after = absl::Now();
    const std::vector<FakeAgent::Request> requests = agent().TakeRequests();
    ASSERT_EQ(requests.size(), 1u) << row.deadline;
    control::Change change;
    ASSERT_TRUE(FromJson(requests[0].body, &change).ok());
    EXPECT_EQ(change.drain_backend().address(), "10.0.0.104");
    const absl::Time until = absl::FromUnixSeconds(
        static_cast<int64_t>(change.drain_backend().drain_until()));
    EXPECT_GE(until, before + row.duration) << row.deadline;
    EXPECT_LE(until, after + row.duration + absl::Seconds(1)) << row.deadline;
  }
}

// What is left of the deadline, in seconds.
TEST_F(LbctlOutputTest, BackendListShowsHowLongADrainLasts) {
  const int64_t until = absl::ToUnixSeconds(absl::Now()) + 3600;
  SetAnswer<control::ServiceStates>(
      "GET /v1/services",
      absl::StrCat("service { backend { address: '10.0.0.104' draining: true "
                   "drain_until: ",
                   until, " } }"));
  EXPECT_THAT(OutputOf("backend list"),
              ContainsRegex(" draining,3(600|5[0-9][0-9])s "));
}

TEST_F(LbctlOutputTest, ReplyWithoutAChange) {
  SetAnswer<control::ChangeReply>("POST /v1/change", "");
  EXPECT_EQ(OutputOf("backend enable 10.0.0.101"), "nothing changed\n");
  EXPECT_EQ(OutputOf("backend enable 10.0.0.101 --output=json"),
            "{\n \"change\": [],\n \"warning\": []\n}\n");
}

constexpr char kServicesText[] = R"(service {
  protocol: TCP
  vip: "10.0.0.200"
  port: 80
  backend {
    address: "10.0.0.101"
    weight: 50
  }
}
)";
constexpr char kServicesJson[] =
    R"({"service":[{"protocol":"TCP","vip":"10.0.0.200","port":80,)"
    R"("backend":[{"address":"10.0.0.101","weight":50}]}]})";

TEST_F(LbctlOutputTest, ExportPrintsWhatApplyTakes) {
  const auto services =
      SetAnswer<control::Services>("GET /v1/config", kServicesText);
  EXPECT_EQ(OutputOf("export"), kServicesText);
  EXPECT_EQ(OutputOf("export --output=json"), ToPrettyJson(services));
}

TEST_F(LbctlOutputTest, ApplySendsTheFile) {
  SetAnswer<control::ChangeReply>("POST /v1/apply", R"pb(change: "done")pb");
  EXPECT_EQ(OutputOf("apply -f -", kServicesText), "done\n");
  const std::string file = folder() + "/services.conf";
  ASSERT_EQ(RunProgram({"/bin/cat"}, kServicesText, folder()).exit_code, 0);
  ASSERT_EQ(rename((folder() + "/stdout").c_str(), file.c_str()), 0);
  EXPECT_EQ(OutputOf("apply -f " + file), "done\n");
  const std::vector<FakeAgent::Request> requests = agent().TakeRequests();
  ASSERT_EQ(requests.size(), 2u);
  EXPECT_EQ(requests[0].body, kServicesJson);
  EXPECT_EQ(requests[1].body, kServicesJson);
}

TEST_F(LbctlOutputTest, ApplyAsksForADryRun) {
  for (const char* flag : {"--dry-run", "--dry_run"}) {
    SetAnswer<control::ChangeReply>("POST /v1/apply?dry_run=true", "");
    EXPECT_EQ(OutputOf(std::string("apply -f - ") + flag, kServicesText),
              "nothing would change\n");
  }
  SetAnswer<control::ChangeReply>("POST /v1/apply?allow_empty=true",
                                  R"pb(change: "done")pb");
  EXPECT_EQ(OutputOf("apply --allow_empty -f -", "\n"), "done\n");
}

// Well over what fits into a socket's buffer and into one read.
TEST_F(LbctlOutputTest, ApplyTakesAThousandServices) {
  SetAnswer<control::ChangeReply>("POST /v1/apply", R"pb(change: "done")pb");
  std::string text;
  for (int i = 0; i < 1000; ++i) {
    text += "service { vip: \"10.0.0.200\" port: " + std::to_string(i);
    for (int j = 1; j <= 100; ++j) {
      text += " backend { address: \"10.0.1." + std::to_string(j) + "\" }";
    }
    text += " }\n";
  }
  EXPECT_EQ(OutputOf("apply -f -", text), "done\n");
  const std::vector<FakeAgent::Request> requests = agent().TakeRequests();
  ASSERT_EQ(requests.size(), 1u);
  control::Services services;
  ASSERT_TRUE(FromJson(requests[0].body, &services).ok());
  EXPECT_EQ(services.service_size(), 1000);
  EXPECT_EQ(services.service(999).backend_size(), 100);
}

TEST_F(LbctlOutputTest, FieldsOfANewerAgentAreNoError) {
  agent().SetAnswer("GET /v1/services", {200, R"({"service": [], "new": 1})"});
  EXPECT_THAT(OutputOf("backend list"), HasSubstr("SERVICE"));
}

TEST_F(LbctlOutputTest, HelpNeedsNoAgent) {
  for (const char* words : {"--help", "help", "-h", "status --help",
                            "help service", "backend add -h", "--version"}) {
    EXPECT_NE(OutputOf(words), "") << words;
  }
  EXPECT_THAT(agent().TakeRequests(), IsEmpty());
}

TEST_F(LbctlOutputTest, HelpOfACommandShowsUsageFlagsAndExamples) {
  const std::string help = OutputOf("backend weight --help");
  EXPECT_THAT(help, HasSubstr("lbctl backend weight ADDRESS WEIGHT "
                              "[--service=tcp:VIP:PORT]\n"));
  EXPECT_THAT(help, HasSubstr("\n  --service  the service meant"));
  EXPECT_THAT(help, HasSubstr("\n  lbctl backend weight 10.0.0.104 50\n"));
  EXPECT_THAT(help, HasSubstr("(default /run/l275/agent.sock)"));
}

}  // namespace
}  // namespace l275
