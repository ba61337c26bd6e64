#include "lb/agent/core/agent_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace l275 {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// Flags that are right, each with another value.
AgentFlags GoodFlags() {
  AgentFlags flags;
  flags.interface = "eth1,eth3";
  flags.xdp_mode = "native";
  flags.decrement_ttl = false;
  flags.hash_seed = 275;
  flags.table_size = 251;
  flags.max_services = 1;
  flags.max_backends = 2;
  flags.max_slots = 3;
  flags.tcp_idle_timeout_s = 5;
  flags.flow_table_entries = 4;
  flags.flow_inserts_per_second = 6;
  flags.health = "beacon";
  flags.beacon_group = "239.0.0.7";
  flags.beacon_port = 4243;
  flags.beacon_interface = "eth2";
  flags.beacon_timeout_ms = 800;
  flags.beacon_keys_file = "/keys";
  flags.beacon_state_file = "/beacons";
  flags.up_after = 9;
  flags.flap_max = 10;
  flags.flap_window_s = 11;
  flags.flap_hold_s = 12;
  flags.panic_percent = 13;
  flags.unreachable_after_ms = 1400;
  flags.slow_path = "on";
  flags.slow_path_zero_copy = true;
  flags.sync_listen = "10.1.0.2:9276";
  flags.sync_peers = "10.1.0.3:9276,10.1.0.4:9277";
  flags.sync_wait_s = 15;
  flags.bpffs_dir = "/bpf";
  flags.state_file = "/state";
  flags.control_socket = "/socket";
  flags.http_listen = "127.0.0.1:9275";
  return flags;
}

TEST(ParseAgentFlagsTest, EveryFlagReachesItsOption) {
  const absl::StatusOr<AgentOptions> options = ParseAgentFlags(GoodFlags());
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_THAT(options->interfaces, ElementsAre("eth1", "eth3"));
  EXPECT_EQ(options->xdp.mode, XdpMode::kNative);
  EXPECT_FALSE(options->xdp.decrement_ttl);
  EXPECT_EQ(options->xdp.tcp_idle_timeout, seconds(5));
  EXPECT_EQ(options->xdp.flow_inserts_per_second, 6u);
  EXPECT_EQ(options->hash_seed, 275u);
  EXPECT_EQ(options->table_size, 251u);
  EXPECT_EQ(options->map_sizes.services, 1u);
  EXPECT_EQ(options->map_sizes.backends, 2u);
  EXPECT_EQ(options->map_sizes.slots, 3u);
  EXPECT_EQ(options->map_sizes.flows, 4u);
  EXPECT_EQ(options->reachability.after, milliseconds(1400));
  EXPECT_EQ(options->reachability.panic_percent, 13);
  EXPECT_EQ(options->bpffs_dir, "/bpf");
  EXPECT_EQ(options->state_file, "/state");
  EXPECT_EQ(options->control_socket, "/socket");
  EXPECT_EQ(options->http_listen->ToString(), "127.0.0.1:9275");
  EXPECT_TRUE(options->slow_path->zero_copy);
}

TEST(ParseAgentFlagsTest, EveryFlagOfHealthReachesItsOption) {
  const absl::StatusOr<AgentOptions> options = ParseAgentFlags(GoodFlags());
  ASSERT_TRUE(options.ok()) << options.status();
  const BeaconHealth::Options& beacons = *options->beacons;
  EXPECT_EQ(beacons.receiver.group.ToString(), "239.0.0.7");
  EXPECT_EQ(beacons.receiver.port, 4243);
  EXPECT_EQ(beacons.receiver.interface, "eth2");
  EXPECT_EQ(beacons.keys_file, "/keys");
  EXPECT_EQ(beacons.state_file, "/beacons");
  EXPECT_EQ(beacons.monitor.timeout, milliseconds(800));
  EXPECT_EQ(beacons.monitor.up_after, 9);
  EXPECT_EQ(beacons.monitor.flaps.max_changes, 10);
  EXPECT_EQ(beacons.monitor.flaps.window, seconds(11));
  EXPECT_EQ(beacons.monitor.flaps.first_damping, seconds(12));
  EXPECT_EQ(beacons.monitor.panic_percent, 13);
}

TEST(ParseAgentFlagsTest, EveryFlagOfPeersReachesItsOption) {
  const absl::StatusOr<AgentOptions> options = ParseAgentFlags(GoodFlags());
  ASSERT_TRUE(options.ok()) << options.status();
  const Sync::Options& sync = *options->sync;
  EXPECT_EQ(sync.addresses.listen.ToString(), "10.1.0.2:9276");
  ASSERT_EQ(sync.addresses.peers.size(), 2u);
  EXPECT_EQ(sync.addresses.peers[1].ToString(), "10.1.0.4:9277");
  EXPECT_EQ(sync.keys_file, "/keys");
  EXPECT_EQ(sync.hash_seed, 275u);
  EXPECT_EQ(sync.idle_timeout, seconds(5));
  EXPECT_EQ(sync.wait, seconds(15));
  EXPECT_TRUE(options->xdp.tell_flows);
}

TEST(ParseAgentFlagsTest, WhatIsOffHasNoOptions) {
  AgentFlags flags = GoodFlags();
  flags.health = "none";
  flags.slow_path = "off";
  flags.slow_path_zero_copy = false;
  flags.sync_listen.clear();
  flags.sync_peers.clear();
  flags.http_listen.clear();
  const absl::StatusOr<AgentOptions> options = ParseAgentFlags(flags);
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_FALSE(options->beacons.has_value());
  EXPECT_FALSE(options->slow_path.has_value());
  EXPECT_FALSE(options->sync.has_value());
  EXPECT_FALSE(options->http_listen.has_value());
  EXPECT_FALSE(options->xdp.tell_flows);
}

struct RangeRow {
  const char* flag;
  uint32_t AgentFlags::*value;
  uint32_t least;
  uint32_t most;
};

class AgentFlagRangeTest : public ::testing::TestWithParam<RangeRow> {
 protected:
  static std::string ErrorOf(uint32_t value) {
    AgentFlags flags = GoodFlags();
    flags.*GetParam().value = value;
    return std::string(ParseAgentFlags(flags).status().message());
  }

  static std::string Refusal(uint32_t value) {
    return absl::StrCat(GetParam().flag, ": ", value, "; expected ",
                        GetParam().least, " to ", GetParam().most);
  }
};

TEST_P(AgentFlagRangeTest, TakesItsBoundsAndNothingBeyond) {
  const RangeRow& row = GetParam();
  EXPECT_EQ(ErrorOf(row.least), "");
  EXPECT_EQ(ErrorOf(row.most), "");
  EXPECT_EQ(ErrorOf(row.most + 1), Refusal(row.most + 1));
  EXPECT_EQ(ErrorOf(UINT32_MAX), Refusal(UINT32_MAX));
  if (row.least > 0) {
    EXPECT_EQ(ErrorOf(row.least - 1), Refusal(row.least - 1));
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, AgentFlagRangeTest,
    ::testing::Values(
        RangeRow{"--tcp_idle_timeout_s", &AgentFlags::tcp_idle_timeout_s, 1,
                 604800},
        RangeRow{"--flow_table_entries", &AgentFlags::flow_table_entries, 1,
                 67108864},
        RangeRow{"--beacon_port", &AgentFlags::beacon_port, 1, 65535},
        RangeRow{"--beacon_timeout_ms", &AgentFlags::beacon_timeout_ms, 100,
                 600000},
        RangeRow{"--up_after", &AgentFlags::up_after, 1, 1000},
        RangeRow{"--flap_max", &AgentFlags::flap_max, 0, 1000},
        RangeRow{"--flap_window_s", &AgentFlags::flap_window_s, 1, 86400},
        RangeRow{"--flap_hold_s", &AgentFlags::flap_hold_s, 1, 86400},
        RangeRow{"--panic_percent", &AgentFlags::panic_percent, 0, 100},
        RangeRow{"--unreachable_after_ms", &AgentFlags::unreachable_after_ms,
                 100, 600000},
        RangeRow{"--sync_wait_s", &AgentFlags::sync_wait_s, 0, 3600}));

struct Refusal {
  const char* description;
  void (*spoil)(AgentFlags& flags);
  const char* error;  // how the line begins
};

class AgentFlagRefusalTest : public ::testing::TestWithParam<Refusal> {};

TEST_P(AgentFlagRefusalTest, NamesFlagAndExpectation) {
  SCOPED_TRACE(GetParam().description);
  AgentFlags flags = GoodFlags();
  GetParam().spoil(flags);
  const absl::Status status = ParseAgentFlags(flags).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), StartsWith(GetParam().error));
}

INSTANTIATE_TEST_SUITE_P(
    All, AgentFlagRefusalTest,
    ::testing::Values(
        Refusal{"no interface", [](AgentFlags& f) { f.interface = ""; },
                "--interface is required: expected one like eth1"},
        Refusal{"an interface twice",
                [](AgentFlags& f) { f.interface = "eth1,eth2,eth1"; },
                "--interface=eth1,eth2,eth1: eth1 appears twice"},
        Refusal{"an empty interface name",
                [](AgentFlags& f) { f.interface = "eth1,"; },
                "--interface=eth1,: an empty name"},
        Refusal{"an XDP mode that is not known",
                [](AgentFlags& f) { f.xdp_mode = "fast"; },
                "--xdp_mode: \"fast\" is no XDP mode; expected auto, "},
        Refusal{"a table size that is no prime",
                [](AgentFlags& f) { f.table_size = 65536; },
                "--table_size: table size 65536 is no prime; the nearest one "
                "is 65537"},
        Refusal{"a table size of 0", [](AgentFlags& f) { f.table_size = 0; },
                "--table_size: table size 0: expected a prime from "},
        Refusal{"a table size out of range",
                [](AgentFlags& f) { f.table_size = 4294967291; },
                "--table_size: table size 4294967291: expected a prime from "},
        Refusal{"a slow path that is neither on nor off",
                [](AgentFlags& f) { f.slow_path = "maybe"; },
                "--slow_path: \"maybe\"; expected on or off"},
        Refusal{"zero-copy sockets without a slow path",
                [](AgentFlags& f) { f.slow_path = "off"; },
                "--slow_path_zero_copy is given with --slow_path=off"},
        Refusal{"a health that is not known",
                [](AgentFlags& f) { f.health = "ping"; },
                "--health: \"ping\"; expected beacon or none"},
        Refusal{"a group that is no address",
                [](AgentFlags& f) { f.beacon_group = "all"; },
                "--beacon_group: \"all\" is no IPv4 address; expected "},
        Refusal{"a group that is no multicast address",
                [](AgentFlags& f) { f.beacon_group = "10.0.0.1"; },
                "--beacon_group: 10.0.0.1 is no multicast address; expected "},
        Refusal{"beacons without a key",
                [](AgentFlags& f) { f.beacon_keys_file = ""; },
                "--beacon_keys_file is required: without a key "},
        Refusal{"beacons with keys and without",
                [](AgentFlags& f) { f.insecure_beacons = true; },
                "--beacon_keys_file and --insecure_beacons: expected one of "},
        Refusal{"peers without an address to listen on",
                [](AgentFlags& f) { f.sync_listen = ""; },
                "--sync_listen is missing: expected --sync_listen and "
                "--sync_peers, or neither"},
        Refusal{"an address to listen on, and no peers",
                [](AgentFlags& f) { f.sync_peers = ""; },
                "--sync_peers is missing: expected --sync_listen and "},
        Refusal{"a peer without a port",
                [](AgentFlags& f) { f.sync_peers = "10.1.0.3"; },
                "--sync_peers: \"10.1.0.3\": expected "},
        Refusal{"peers without a key",
                [](AgentFlags& f) {
                  f.health = "none";
                  f.beacon_keys_file = "";
                },
                "--sync_peers needs --beacon_keys_file: "},
        Refusal{"an HTTP address without a port",
                [](AgentFlags& f) { f.http_listen = "127.0.0.1"; },
                "--http_listen: \"127.0.0.1\": expected ADDRESS:PORT "}));

TEST(ParseAgentFlagsTest, ACheckOfFilesNeedsNeitherInterfaceNorKeys) {
  AgentFlags flags = GoodFlags();
  flags.sync_listen.clear();
  flags.sync_peers.clear();
  flags.interface.clear();
  flags.beacon_keys_file.clear();
  flags.check = true;
  EXPECT_EQ(ParseAgentFlags(flags).status(), absl::OkStatus());
  flags.up_after = 0;
  EXPECT_EQ(ParseAgentFlags(flags).status().message(),
            "--up_after: 0; expected 1 to 1000");
}

TEST(ParseAgentFlagsTest, ACheckOfAStartNeedsKeys) {
  AgentFlags flags = GoodFlags();
  flags.beacon_keys_file.clear();
  flags.check = true;
  EXPECT_THAT(std::string(ParseAgentFlags(flags).status().message()),
              HasSubstr("--beacon_keys_file is required"));
}

TEST(ParseAgentFlagsTest, InsecureBeaconsNeedNoKeys) {
  AgentFlags flags = GoodFlags();
  flags.beacon_keys_file.clear();
  flags.insecure_beacons = true;
  const absl::StatusOr<AgentOptions> options = ParseAgentFlags(flags);
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->beacons->keys_file, "");
  EXPECT_EQ(options->sync->keys_file, "");
}

}  // namespace
}  // namespace l275
