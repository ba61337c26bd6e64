// What `lbctl status` prints for the agent's answers, literally.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/control/control.pb.h"
#include "common/control/json.h"
#include "lb/cli/lbctl_fixture.h"

namespace l275 {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

using LbctlStatusTest = LbctlFixture;

constexpr char kStatus[] = R"pb(
  version: "0.1.0"
  pid: 4242
  uptime_seconds: 3723
  interface {
    name: "eth0"
    ifindex: 3
    mac: "02:00:00:00:01:0a"
    xdp_mode: "native"
    attachment: "single"
    slow_path: "copy"
    slow_path_queues: 4
    queues: 4
  }
  interface {
    name: "eth1"
    ifindex: 4
    mac: "02:00:00:00:02:0a"
    xdp_mode: "generic"
    attachment: "dispatcher"
    slow_path: "zero_copy"
    slow_path_queues: 1
    queues: 2
    slow_path_reason: "queue 1: busy"
  }
  health: "beacon"
  beacon_trust: "signed"
  beacon_keys: 2
  beacon_timeout_ms: 1600
  services: 2
  backends: 5
  backends_active: 4
  slots_used: 131074
  slots_capacity: 16777216
  slots_tracked: 26000
  flow_entries: 1234
  flow_capacity: 1048576
  forwarded { packets: 1000 bytes: 64000 }
  passed { packets: 20 bytes: 1200 }
  dropped { packets: 3 bytes: 180 }
  driver_loss { interface: "eth0" counter: "xdp_tx_errors" frames: 21 }
  slow_path {
    on: true
    handed_over: 31
    waiting: 2
    sent: 17
    answered: 3
    dropped { reason: "expired" frames: 5 }
    dropped { reason: "full" }
    dropped { reason: "no_route" frames: 4 }
  }
)pb";

TEST_F(LbctlStatusTest, ShowsWarnings) {
  SetAnswer<control::Status>("GET /v1/status", R"pb(
    version: "0.1.0"
    warning { check: "panic" subject: "a" text: "a: panic" }
    warning { check: "state" text: "not saved" }
  )pb");
  EXPECT_THAT(OutputOf("status"), HasSubstr("warning:    a: panic\n"
                                            "warning:    not saved\n"));
}

TEST_F(LbctlStatusTest, ShowsTotals) {
  const auto status = SetAnswer<control::Status>("GET /v1/status", kStatus);
  EXPECT_EQ(OutputOf("status"),
            "version:    0.1.0\n"
            "pid:        4242\n"
            "uptime:     3723 s\n"
            "interface:  eth0, 02:00:00:00:01:0a, XDP native, single, slow "
            "path copy\n"
            "interface:  eth1, 02:00:00:00:02:0a, XDP generic, dispatcher, "
            "slow path zero_copy on 1 of 2 queues: queue 1: busy\n"
            "health:     beacon, timeout 1600 ms, signed, 2 keys\n"
            "services:   2\n"
            "backends:   4 active of 5\n"
            "slots:      131074 used of 16777216\n"
            "tracked:    26000 slots, 1234 flows of 1048576\n"
            "slow path:  31 handed over, 2 waiting, 17 sent, 3 answered, 9 "
            "dropped (expired 5, no_route 4)\n"
            "forwarded:  1000 packets, 64000 bytes\n"
            "passed:     20 packets, 1200 bytes\n"
            "dropped:    3 packets, 180 bytes\n"
            "lost:       21 frames in the driver of eth0 (xdp_tx_errors)\n");
  EXPECT_EQ(OutputOf("status --output=json"), ToPrettyJson(status));
}

TEST_F(LbctlStatusTest, SaysWhyThereIsNoSlowPath) {
  SetAnswer<control::Status>("GET /v1/status",
                             "interface { name: 'eth0' slow_path: 'off' }"
                             "slow_path { reason: '--slow_path=off' }");
  const std::string text = OutputOf("status");
  EXPECT_THAT(text, HasSubstr(", slow path off\n"));
  EXPECT_THAT(text, HasSubstr("slow path:  off: --slow_path=off\n"));
}

TEST_F(LbctlStatusTest, TellsOfInsecureBeaconsAndOfPanic) {
  SetAnswer<control::Status>("GET /v1/status",
                             "health: \"beacon\" beacon_trust: \"insecure\" "
                             "services: 3 services_in_panic: 1");
  const std::string status = OutputOf("status");
  EXPECT_THAT(status,
              HasSubstr("INSECURE: beacons are believed without a key"));
  EXPECT_THAT(status, HasSubstr("3, PANIC in 1: see \"lbctl health\"\n"));
}

TEST_F(LbctlStatusTest, EndsWithWhatIsNotAsDeclared) {
  SetAnswer<control::Status>(
      "GET /v1/status",
      "vip { address: '10.0.0.200' held: true since_seconds: 62 }"
      "vip { address: '10.0.0.201' since_seconds: 5 stray_packets: 12 }"
      "run_time_change: 'tcp:10.0.0.200:80: backend 10.0.0.101 draining'"
      "not_saved: 'no space left'");
  EXPECT_THAT(
      OutputOf("status"),
      EndsWith(
          "VIP:        10.0.0.200, held for 62 s\n"
          "VIP:        10.0.0.201, not held for 5 s; 12 packets came while it "
          "was not held\n"
          "changed:    tcp:10.0.0.200:80: backend 10.0.0.101 draining\n"
          "not saved:  no space left\n"));
}

TEST_F(LbctlStatusTest, ShowsPeers) {
  SetAnswer<control::Status>("GET /v1/status", R"pb(
    peer {
      address: "10.1.0.12:9276"
      connected: true
      heard: true
      silent_ms: 340
      held_vip: "10.0.0.200"
      held_vip: "10.0.0.201"
      resynced_ms: 12300
      difference: "tcp:10.0.0.200:80: backend 10.0.0.104 added, weight 100"
    }
    peer {
      address: "10.1.0.13:9276"
      connect_error: "connecting: Connection refused"
      hear_error: "it closed the connection"
    }
    peer {
      address: "10.1.0.14:9276"
      connected: true
      heard: true
      silent_ms: 1000
      incomplete: true
      problem: "tcp:10.0.0.200:80 has a table of 13 slots, there of 17"
    })pb");
  EXPECT_THAT(
      OutputOf("status"),
      EndsWith(
          "peer:       10.1.0.12:9276, heard 0.3 s ago, has 10.0.0.200 "
          "10.0.0.201, it told all 12.3 s ago\n"
          "differs:    at the peer: tcp:10.0.0.200:80: backend 10.0.0.104 "
          "added, weight 100\n"
          "peer:       10.1.0.13:9276, NOT HEARD (it closed the connection), "
          "NOT CONNECTED (connecting: Connection refused)\n"
          "peer:       10.1.0.14:9276, heard 1.0 s ago, it has not told all "
          "yet, INCOMPLETE; "
          "tcp:10.0.0.200:80 has a table of 13 slots, there of 17\n"));
}

}  // namespace
}  // namespace l275
