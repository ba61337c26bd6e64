#ifndef L275_LB_AGENT_CORE_AGENT_OPTIONS_H_
#define L275_LB_AGENT_CORE_AGENT_OPTIONS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/net/endpoint.h"
#include "lb/agent/attach/xdp_attachment.h"
#include "lb/agent/health/beacon_health.h"
#include "lb/agent/health/reachability.h"
#include "lb/agent/maps/maps.h"
#include "lb/agent/peers/sync.h"
#include "lb/agent/slowpath/slow_path.h"

namespace l275 {

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

}  // namespace l275

#endif  // L275_LB_AGENT_CORE_AGENT_OPTIONS_H_
