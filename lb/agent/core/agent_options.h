#ifndef L275_LB_AGENT_CORE_AGENT_OPTIONS_H_
#define L275_LB_AGENT_CORE_AGENT_OPTIONS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/net/endpoint.h"
#include "lb/agent/attach/xdp_attachment.h"
#include "lb/agent/health/beacon_health.h"
#include "lb/agent/health/reachability.h"
#include "lb/agent/maps/maps.h"
#include "lb/agent/peers/sync.h"
#include "lb/agent/slowpath/slow_path.h"

namespace l275 {

// What an agent is started with.
struct AgentOptions {
  std::vector<std::string> interfaces;
  XdpAttachment::Options xdp;
  uint64_t hash_seed = 0;
  uint32_t table_size = 65537;  // slots, of services that name none
  MapSizes map_sizes;           // 0: see ChooseMapSizes()
  // None: every backend is up.
  std::optional<BeaconHealth::Options> beacons;
  Reachability::Options reachability;
  std::string bpffs_dir;   // where maps and programs are pinned
  std::string state_file;  // empty: none
  std::string control_socket;
  std::optional<Endpoint> http_listen;         // none: no metrics
  std::optional<SlowPath::Options> slow_path;  // none: it is off
  std::optional<Sync::Options> sync;           // none: there are no peers
};

// The flags that AgentOptions are made of, as the operator gave them. Each
// field has the name of its flag; main.cc defines the flags, says what they
// mean, and has their defaults.
struct AgentFlags {
  bool check = false;
  std::string interface;
  std::string xdp_mode;
  bool decrement_ttl = false;
  uint64_t hash_seed = 0;
  uint32_t table_size = 0;
  uint32_t max_services = 0;
  uint32_t max_backends = 0;
  uint32_t max_slots = 0;
  uint32_t tcp_idle_timeout_s = 0;
  uint32_t flow_table_entries = 0;
  uint32_t flow_inserts_per_second = 0;
  std::string health;
  std::string beacon_group;
  uint32_t beacon_port = 0;
  std::string beacon_interface;
  uint32_t beacon_timeout_ms = 0;
  std::string beacon_keys_file;
  bool insecure_beacons = false;
  std::string beacon_state_file;
  uint32_t up_after = 0;
  uint32_t flap_max = 0;
  uint32_t flap_window_s = 0;
  uint32_t flap_hold_s = 0;
  uint32_t panic_percent = 0;
  uint32_t unreachable_after_ms = 0;
  std::string slow_path;
  bool slow_path_zero_copy = false;
  std::string sync_listen;
  std::string sync_peers;
  uint32_t sync_wait_s = 0;
  std::string bpffs_dir;
  std::string state_file;
  std::string control_socket;
  std::string http_listen;
};

// InvalidArgument for the first flag that is wrong: one line with the flag, its
// value and what was expected. What depends on the declared services is checked
// later, by ChooseMapSizes(), and what depends on this host when the agent
// starts. With --check and no --interface, flags that a start requires may be
// missing: configuration management checks files before it installs them.
absl::StatusOr<AgentOptions> ParseAgentFlags(const AgentFlags& flags);

}  // namespace l275

#endif  // L275_LB_AGENT_CORE_AGENT_OPTIONS_H_
