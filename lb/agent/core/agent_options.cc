#include "lb/agent/core/agent_options.h"

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/net/ipv4_address.h"
#include "common/os/status_util.h"
#include "lb/agent/maps/map_sizing.h"
#include "lb/agent/table/prime.h"

namespace l275 {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Range {
  const char* flag;
  uint32_t AgentFlags::*value;
  uint32_t least;
  uint32_t most;
};

// Not gflags validators: gflags adds a line of its own, without the program's
// name and the range, for each value that one of them refuses.
constexpr Range kRanges[] = {
    {"tcp_idle_timeout_s", &AgentFlags::tcp_idle_timeout_s, 1, 604'800},
    {"flow_table_entries", &AgentFlags::flow_table_entries, 1,
     kMaxMapSizes.flows},
    {"beacon_port", &AgentFlags::beacon_port, 1, 65535},
    {"beacon_timeout_ms", &AgentFlags::beacon_timeout_ms, 100, 600'000},
    {"up_after", &AgentFlags::up_after, 1, 1000},
    {"flap_max", &AgentFlags::flap_max, 0, 1000},
    {"flap_window_s", &AgentFlags::flap_window_s, 1, 86400},
    {"flap_hold_s", &AgentFlags::flap_hold_s, 1, 86400},
    {"panic_percent", &AgentFlags::panic_percent, 0, 100},
    {"unreachable_after_ms", &AgentFlags::unreachable_after_ms, 100, 600'000},
    {"sync_wait_s", &AgentFlags::sync_wait_s, 0, 3600},
};

absl::Status CheckRanges(const AgentFlags& flags) {
  for (const Range& range : kRanges) {
    const uint32_t value = flags.*range.value;
    if (value >= range.least && value <= range.most) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("--", range.flag, ": ", value, "; expected ", range.least,
                     " to ", range.most));
  }
  return absl::OkStatus();
}

bool IsCheckOfFilesOnly(const AgentFlags& flags) {
  return flags.check && flags.interface.empty();
}

absl::StatusOr<std::vector<std::string>> ParseInterfaces(
    const std::string& text) {
  if (text.empty()) {
    return absl::InvalidArgumentError(
        "--interface is required: expected one like eth1, or several with "
        "commas between");
  }
  std::vector<std::string> names = absl::StrSplit(text, ',');
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i].empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat("--interface=", text, ": an empty name"));
    }
    for (size_t j = 0; j < i; ++j) {
      if (names[i] == names[j]) {
        return absl::InvalidArgumentError(absl::StrCat(
            "--interface=", text, ": ", names[i], " appears twice"));
      }
    }
  }
  return names;
}

absl::StatusOr<XdpAttachment::Options> ParseXdp(const AgentFlags& flags) {
  const absl::StatusOr<XdpMode> mode = ParseXdpMode(flags.xdp_mode);
  if (!mode.ok()) return Annotate(mode.status(), "--xdp_mode");
  XdpAttachment::Options xdp;
  xdp.mode = *mode;
  xdp.decrement_ttl = flags.decrement_ttl;
  xdp.tcp_idle_timeout = seconds(flags.tcp_idle_timeout_s);
  xdp.flow_inserts_per_second = flags.flow_inserts_per_second;
  return xdp;
}

absl::StatusOr<std::optional<SlowPath::Options>> ParseSlowPath(
    const AgentFlags& flags) {
  if (flags.slow_path != "on" && flags.slow_path != "off") {
    return absl::InvalidArgumentError(absl::StrCat(
        "--slow_path: \"", flags.slow_path, "\"; expected on or off"));
  }
  if (flags.slow_path == "off" && flags.slow_path_zero_copy) {
    return absl::InvalidArgumentError(
        "--slow_path_zero_copy is given with --slow_path=off");
  }
  std::optional<SlowPath::Options> slow_path;
  if (flags.slow_path == "on") {
    slow_path.emplace().zero_copy = flags.slow_path_zero_copy;
  }
  return slow_path;
}

absl::Status CheckKeys(const AgentFlags& flags) {
  const bool has_keys = !flags.beacon_keys_file.empty();
  if (has_keys != flags.insecure_beacons) return absl::OkStatus();
  if (has_keys) {
    return absl::InvalidArgumentError(
        "--beacon_keys_file and --insecure_beacons: expected one of them");
  }
  if (IsCheckOfFilesOnly(flags)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "--beacon_keys_file is required: without a key everybody on the network "
      "can forge beacons; --insecure_beacons takes that risk");
}

HealthMonitor::Options MonitorOptions(const AgentFlags& flags) {
  HealthMonitor::Options monitor;
  monitor.timeout = milliseconds(flags.beacon_timeout_ms);
  monitor.up_after = static_cast<int>(flags.up_after);
  monitor.flaps.max_changes = static_cast<int>(flags.flap_max);
  monitor.flaps.window = seconds(flags.flap_window_s);
  monitor.flaps.first_damping = seconds(flags.flap_hold_s);
  monitor.panic_percent = static_cast<int>(flags.panic_percent);
  return monitor;
}

absl::StatusOr<std::optional<BeaconHealth::Options>> ParseBeacons(
    const AgentFlags& flags) {
  std::optional<BeaconHealth::Options> beacons;
  if (flags.health == "none") return beacons;
  if (flags.health != "beacon") {
    return absl::InvalidArgumentError(absl::StrCat(
        "--health: \"", flags.health, "\"; expected beacon or none"));
  }
  const absl::StatusOr<Ipv4Address> group =
      Ipv4Address::Parse(flags.beacon_group);
  if (!group.ok()) return Annotate(group.status(), "--beacon_group");
  if (!group->IsMulticast()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--beacon_group: ", flags.beacon_group,
                     " is no multicast address; expected one like 239.0.0.1"));
  }
  L275_RETURN_IF_ERROR(CheckKeys(flags));
  beacons.emplace();
  beacons->receiver.group = *group;
  beacons->receiver.port = static_cast<uint16_t>(flags.beacon_port);
  beacons->receiver.interface = flags.beacon_interface;
  beacons->monitor = MonitorOptions(flags);
  beacons->keys_file = flags.beacon_keys_file;
  beacons->state_file = flags.beacon_state_file;
  return beacons;
}

absl::StatusOr<std::optional<Sync::Options>> ParseSync(
    const AgentFlags& flags) {
  std::optional<Sync::Options> sync;
  if (flags.sync_listen.empty() && flags.sync_peers.empty()) return sync;
  if (flags.sync_listen.empty() || flags.sync_peers.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        flags.sync_listen.empty() ? "--sync_listen" : "--sync_peers",
        " is missing: expected --sync_listen and --sync_peers, or neither"));
  }
  sync.emplace();
  L275_ASSIGN_OR_RETURN(
      sync->addresses, SyncOptions::Parse(flags.sync_listen, flags.sync_peers));
  if (flags.beacon_keys_file.empty() && !flags.insecure_beacons) {
    return absl::InvalidArgumentError(
        "--sync_peers needs --beacon_keys_file: peers authenticate with the "
        "beacons' keys; --insecure_beacons does without");
  }
  sync->keys_file = flags.beacon_keys_file;
  sync->hash_seed = flags.hash_seed;
  sync->idle_timeout = seconds(flags.tcp_idle_timeout_s);
  sync->wait = seconds(flags.sync_wait_s);
  return sync;
}

absl::StatusOr<std::optional<Endpoint>> ParseHttpListen(
    const std::string& text) {
  if (text.empty()) return std::optional<Endpoint>();
  const absl::StatusOr<Endpoint> endpoint = Endpoint::Parse(text);
  if (!endpoint.ok()) return Annotate(endpoint.status(), "--http_listen");
  return std::optional<Endpoint>(*endpoint);
}

}  // namespace

absl::StatusOr<AgentOptions> ParseAgentFlags(const AgentFlags& flags) {
  AgentOptions options;
  if (!IsCheckOfFilesOnly(flags)) {
    L275_ASSIGN_OR_RETURN(options.interfaces, ParseInterfaces(flags.interface));
  }
  L275_RETURN_IF_ERROR(CheckRanges(flags));
  L275_RETURN_IF_ERROR(
      Annotate(CheckTableSize(flags.table_size), "--table_size"));
  L275_ASSIGN_OR_RETURN(options.xdp, ParseXdp(flags));
  L275_ASSIGN_OR_RETURN(options.slow_path, ParseSlowPath(flags));
  L275_ASSIGN_OR_RETURN(options.beacons, ParseBeacons(flags));
  L275_ASSIGN_OR_RETURN(options.sync, ParseSync(flags));
  L275_ASSIGN_OR_RETURN(options.http_listen,
                        ParseHttpListen(flags.http_listen));
  options.xdp.tell_flows = options.sync.has_value();
  options.hash_seed = flags.hash_seed;
  options.table_size = flags.table_size;
  options.map_sizes = {flags.max_services, flags.max_backends, flags.max_slots,
                       flags.flow_table_entries};
  options.reachability.after = milliseconds(flags.unreachable_after_ms);
  options.reachability.panic_percent = static_cast<int>(flags.panic_percent);
  options.bpffs_dir = flags.bpffs_dir;
  options.state_file = flags.state_file;
  options.control_socket = flags.control_socket;
  return options;
}

}  // namespace l275
