#ifndef L275_LB_AGENT_VIEWS_AGENT_VIEW_H_
#define L275_LB_AGENT_VIEWS_AGENT_VIEW_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "lb/agent/announce/local_addresses.h"
#include "lb/agent/announce/vip_holders.h"
#include "lb/agent/announce/vip_roles.h"
#include "lb/agent/attach/attachments.h"
#include "lb/agent/attach/driver_losses.h"
#include "lb/agent/config/desired_state.h"
#include "lb/agent/config/reload_result.h"
#include "lb/agent/config/state_keeper.h"
#include "lb/agent/flows/flow_keeper.h"
#include "lb/agent/flows/flow_sweep.h"
#include "lb/agent/health/beacon_health.h"
#include "lb/agent/health/reachability.h"
#include "lb/agent/maps/maps.h"
#include "lb/agent/nexthop/next_hop_monitor.h"
#include "lb/agent/peers/sync.h"
#include "lb/agent/pmtu/pmtu_watch.h"
#include "lb/agent/publish/map_writer.h"
#include "lb/agent/slowpath/slow_path.h"

namespace l275 {

// What operators can see of the agent: references to its parts, for as long as
// one answer is made. Nothing comes back from here.
struct AgentView {
  const DesiredState& desired;
  const StateKeeper& state;
  const ReloadResult& reload;
  const MapWriter& writer;
  const absl::Status& written;  // how the last Write() of it ended
  const Maps& maps;
  const NextHopMonitor& next_hops;
  const Reachability& reachability;
  const Attachments& attachments;
  const DriverLosses& driver_losses;
  const SlowPath* slow_path;   // null when there is none,
  std::string no_slow_path;    // and why
  const BeaconHealth* health;  // null with --health=none
  const VipRoles& vips;
  const VipHolders& vip_holders;
  const LocalAddresses& addresses;
  const Sync* sync;       // null when there are no peers
  const PmtuWatch* pmtu;  // null without CAP_NET_RAW
  const FlowSweep::Result& flows;
  const FlowKeeper& flow_table;
  // The first interface that the program is attached to: its index, 0 for none,
  // and its name.
  uint32_t ingress;
  std::string ingress_name;
  HealthTime started;
  HealthTime now;
};

}  // namespace l275

#endif  // L275_LB_AGENT_VIEWS_AGENT_VIEW_H_
