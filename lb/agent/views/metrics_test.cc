#include "lb/agent/views/metrics.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>
#include <prometheus/text_serializer.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/net/service_address.h"
#include "common/os/read_file.h"

namespace l275 {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

template <typename Message>
Message Parse(const char* text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message));
  return message;
}

constexpr char kStatus[] = R"(
  version: "1.2.3"
  interface { name: "eth1" xdp_mode: "native" attachment: "dispatcher" }
  interface { name: "eth3" xdp_mode: "generic" attachment: "single" }
  interface { name: "eth5" attachment: "none" }
  slots_used: 131074 slots_capacity: 4194368
  slots_tracked: 321 flow_entries: 45 flow_capacity: 1048576
  slow_path {
    on: true waiting: 3 sent: 1001 answered: 17
    dropped { reason: "expired" frames: 5 }
    dropped { reason: "no_route" frames: 6 }
  }
  vip { address: "10.0.0.200" held: true stray_packets: 7 moves: 1 }
  vip { address: "10.0.0.201" stray_packets: 18446744073709551615 moves: 4 }
  peer {
    address: "10.1.0.3:9276" connected: true heard: true
    unsent_bytes: 12 bytes_sent: 345678 resyncs: 2
    difference: "one" difference: "two"
    rejected { reason: "malformed" frames: 8 }
    rejected { reason: "bad_tag" frames: 9 }
    flows_stored: 21 flows_unknown: 22 flows_full: 23 flows_kept: 24
    flows_over: 25 flows_needless: 26
  }
  peer { address: "10.1.0.4:9277" rejected { reason: "malformed" } }
  warning { check: "panic" subject: "tcp:10.0.0.200:80" text: "not shown" }
  warning { check: "tables" text: "a \"quoted\" word" }
)";

constexpr char kStats[] = R"(
  verdict { verdict: "forward_tx" action: "TX"
            counter { packets: 1000000007 bytes: 64000000448 } }
  verdict { verdict: "drop_fragment" action: "DROP"
            counter { packets: 31 bytes: 32 } }
  service {
    service: "tcp:10.0.0.200:80" table_size: 65537
    forwarded { packets: 41 bytes: 42 } reach_panic: true reach_panics: 43
    backend {
      address: "10.0.0.101" weight: 100 active: true slots: 65536
      forwarded { packets: 51 bytes: 52 } next_hop { state: "ready" }
      beacon_age_ms: 87
    }
    backend {
      address: "10.0.0.102" weight: 50 slots: 1
      forwarded { packets: 61 bytes: 62 } next_hop { state: "no_route" }
      unreachable: true
    }
  }
  service { service: "tcp:10.0.0.201:0" table_size: 251 }
  flow_event { event: "recorded" packets: 71 }
  flow_event { event: "table_full" packets: 72 }
)";

constexpr char kNextHops[] = R"(
  next_hop { address: "10.0.0.101" neighbour_state: "reachable"
             next_hop { interface: "eth1" } }
  next_hop { address: "10.0.0.102" neighbour_state: "unusable"
             next_hop { interface: "eth3" gateway: "10.0.3.1" } }
)";

constexpr char kHealth[] = R"(
  trust: "insecure"
  backend { backend: "10.0.0.101" state: UP in_state_ms: 61500 flaps: 2
            beacon_age_ms: 33 interval_ms: 100 weight_percent: 150
            loss_percent: 12.5 }
  backend { backend: "10.0.0.102" port: 443 state: DAMPED in_state_ms: 1
            flaps: 5 damped_ms: 28000 beacon_age_ms: 44 interval_ms: 200
            weight_percent: 100 }
  backend { backend: "10.0.0.103" }
  service { service: "tcp:10.0.0.200:80" mode: "panic" panics: 3 }
  service { service: "tcp:10.0.0.201:0" mode: "calm" }
  beacon { result: "malformed" beacons: 81 }
  beacon { result: "accepted" beacons: 82 }
)";

// What an agent may show that has all of its parts.
MetricValues Values() {
  MetricValues values;
  values.status = Parse<control::Status>(kStatus);
  values.stats = Parse<control::Stats>(kStats);
  values.next_hops = Parse<control::NextHops>(kNextHops);
  values.health = Parse<control::HealthStates>(kHealth);
  values.counters = {/*write_failures=*/91, /*netlink_resyncs=*/92};
  values.reload.last_success_unix_s = 1764292158;
  values.table_changes = 93;
  values.refused_macs = 94;
  values.peer_vips = {{"10.1.0.3", "10.0.0.200", false},
                      {"10.1.0.3", "10.0.0.201", true}};
  values.driver_losses = {{"eth1", {{"tx_dropped", 95}, {"tx_errors", 0}}},
                          {"eth3", {}}};
  PmtuErrors errors;
  errors.count = 96;
  errors.mtu = 1400;
  values.pmtu.emplace();
  values.pmtu->emplace(*ServiceAddress::Parse("tcp:10.0.0.200:80"), errors);
  values.pmtu->emplace(*ServiceAddress::Parse("tcp:10.0.0.201:0"),
                       PmtuErrors());
  return values;
}

std::string Exposition(const MetricValues& values) {
  return prometheus::TextSerializer().Serialize(MetricsOf(values));
}

// Dashboards and alerts depend on each name, label and number. Where a change
// is meant, `bazel test` prints the new text.
TEST(MetricsTest, ExpositionIsTheGoldenText) {
  const absl::StatusOr<std::string> golden =
      ReadFile("lb/agent/views/metrics_golden.txt");
  ASSERT_TRUE(golden.ok()) << golden.status();
  EXPECT_EQ(Exposition(Values()), *golden);
}

TEST(MetricsTest, AFailedReloadIsShown) {
  MetricValues values = Values();
  values.reload.errors = {"services.conf:1:1: wrong"};
  EXPECT_THAT(Exposition(values),
              HasSubstr("\nl275_config_last_reload_successful 0\n"));
}

TEST(MetricsTest, PartsThatAnAgentLacksHaveNoMetrics) {
  MetricValues values;
  values.health.set_trust("none");
  const std::string text = Exposition(values);
  EXPECT_THAT(text, ::testing::AllOf(Not(HasSubstr("l275_peer_")),
                                     Not(HasSubstr("l275_health_")),
                                     Not(HasSubstr("l275_beacons_")),
                                     Not(HasSubstr("l275_service_panic")),
                                     Not(HasSubstr("fragmentation_needed"))));
  EXPECT_THAT(text, ::testing::AllOf(HasSubstr("\nl275_slots_used 0\n"),
                                     HasSubstr("\nl275_slow_path_on 0\n")));
}

TEST(MetricsTest, EveryMetricHasANameOfOursAndAHelpText) {
  const std::vector<prometheus::MetricFamily> families = MetricsOf(Values());
  for (const prometheus::MetricFamily& family : families) {
    EXPECT_THAT(family.name, ::testing::StartsWith("l275_"));
    EXPECT_NE(family.help, "") << family.name;
    EXPECT_EQ(family.type == prometheus::MetricType::Counter,
              ::testing::Value(family.name, ::testing::EndsWith("_total")))
        << family.name;
  }
}

}  // namespace
}  // namespace l275
