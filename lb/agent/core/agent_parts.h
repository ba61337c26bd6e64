#ifndef L275_LB_AGENT_CORE_AGENT_PARTS_H_
#define L275_LB_AGENT_CORE_AGENT_PARTS_H_

#include <event2/event.h>

#include <memory>
#include <string>

#include "lb/agent/announce/local_addresses.h"
#include "lb/agent/attach/attachments.h"
#include "lb/agent/config/desired_source.h"
#include "lb/agent/config/reload_result.h"
#include "lb/agent/config/state_keeper.h"
#include "lb/agent/core/agent_options.h"
#include "lb/agent/core/driver_loss_watch.h"
#include "lb/agent/flows/flow_keeper.h"
#include "lb/agent/health/beacon_health.h"
#include "lb/agent/maps/maps.h"
#include "lb/agent/maps/pin_folder.h"
#include "lb/agent/nexthop/next_hop_monitor.h"
#include "lb/agent/peers/sync.h"
#include "lb/agent/pmtu/pmtu_watch.h"
#include "lb/agent/publish/map_writer.h"
#include "lb/agent/slowpath/sent_counter.h"
#include "lb/agent/slowpath/slow_path.h"

namespace l275 {

// What the agent is made of. Startup fills it in; parts are null before that.
struct AgentParts {
  AgentParts(event_base* loop, AgentOptions agent_options,
             DesiredSource source);
  AgentParts(const AgentParts&) = delete;
  AgentParts& operator=(const AgentParts&) = delete;

  event_base* const base;
  const AgentOptions options;
  const HealthTime started;
  StateKeeper state;
  ReloadResult reload;

  std::unique_ptr<PinFolder> pins;
  std::unique_ptr<Maps> maps;
  std::unique_ptr<MapWriter> writer;
  std::unique_ptr<FlowKeeper> flows;
  std::unique_ptr<NextHopMonitor> next_hops;
  std::unique_ptr<LocalAddresses> local_addresses;
  std::unique_ptr<BeaconHealth> health;       // null with --health=none
  std::unique_ptr<SentCounter> sent_counter;  // null: not available
  std::unique_ptr<SlowPath> slow_path;        // null: off, or not available
  std::string slow_path_error;                // why it is not available
  std::unique_ptr<PmtuWatch> pmtu;            // null: not available
  std::unique_ptr<Sync> sync;                 // null: there are no peers
  std::unique_ptr<DriverLossWatch> driver_losses;
  // Ends first: while it attaches and detaches it uses the others.
  std::unique_ptr<Attachments> attachments;
};

}  // namespace l275

#endif  // L275_LB_AGENT_CORE_AGENT_PARTS_H_
