#ifndef L275_LB_AGENT_CORE_AGENT_H_
#define L275_LB_AGENT_CORE_AGENT_H_

#include <event2/event.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/event/libevent_ptr.h"
#include "common/event/limited_loop_log.h"
#include "common/net/endpoint.h"
#include "lb/agent/announce/local_addresses.h"
#include "lb/agent/announce/vip_holders.h"
#include "lb/agent/announce/vip_roles.h"
#include "lb/agent/api/control_server.h"
#include "lb/agent/api/controller.h"
#include "lb/agent/api/metrics_server.h"
#include "lb/agent/attach/attachments.h"
#include "lb/agent/attach/driver_losses.h"
#include "lb/agent/attach/driver_statistics.h"
#include "lb/agent/attach/xdp_attachment.h"
#include "lb/agent/config/desired_source.h"
#include "lb/agent/config/reload_result.h"
#include "lb/agent/config/state_keeper.h"
#include "lb/agent/core/snapshot_builder.h"
#include "lb/agent/core/warning_log.h"
#include "lb/agent/flows/flow_keeper.h"
#include "lb/agent/health/beacon_health.h"
#include "lb/agent/health/reachability.h"
#include "lb/agent/maps/maps.h"
#include "lb/agent/maps/pin_folder.h"
#include "lb/agent/nexthop/next_hop_monitor.h"
#include "lb/agent/peers/sync.h"
#include "lb/agent/pmtu/pmtu_watch.h"
#include "lb/agent/publish/map_writer.h"
#include "lb/agent/slowpath/sent_counter.h"
#include "lb/agent/slowpath/slow_path.h"
#include "lb/agent/takeover/heritage.h"
#include "lb/agent/takeover/map_carrier.h"
#include "lb/agent/views/agent_view.h"
#include "lb/agent/views/metrics.h"

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

// The load balancer's control path. It owns the parts and lets data flow one
// way through them:
//
//   desired state ──┐
//   health monitor ─┼─► snapshot ─► map writer ─► maps
//   next hops ──────┤
//                   └─► slow path, which sends what the program cannot yet
//
// The data plane outlives it: an agent takes over the maps and programs that an
// earlier one left pinned, and leaves its own.
//
// Changes of the desired state are written when their call returns. Those of
// health and next hops come in crowds: they are written once, on the event
// loop's next turn. Everything runs on the loop's thread.
class Agent : public Controller {
 public:
  // Hears the backends' beacons for a moment, writes the maps, then attaches
  // the program, in this order: from its first packet on the program knows all.
  // Runs the loop meanwhile. Errors are one line and leave nothing attached;
  // Cancelled when the loop was broken. `base` outlives the agent.
  static absl::StatusOr<std::unique_ptr<Agent>> Create(event_base* base,
                                                       AgentOptions options,
                                                       DesiredSource source);

  // Leaves the program attached; undoes a start that failed.
  ~Agent() override;
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;

  // Reads the keys and the services file again. What changed in the services
  // file is applied as one change; what lbctl changed stays (MergeDesired()). A
  // bad file changes nothing, and is a warning until the next good reload.
  void Reload();

  // Controller
  bool IsStarting() override { return !started_all_; }
  absl::Status GetHealth() override;
  control::Readiness GetReadiness() override;
  absl::StatusOr<control::Status> GetStatus() override;
  absl::StatusOr<control::ServiceStates> GetServices() override;
  control::NextHops GetNextHops() override;
  absl::StatusOr<control::Stats> GetStats() override;
  control::HealthStates GetHealthStates() override;
  control::Services GetConfig() override;
  control::Explanation Explain(const Endpoint& source,
                               const Endpoint& destination) override;
  absl::StatusOr<control::ChangeReply> Change(
      const control::Change& change) override;
  absl::StatusOr<control::ChangeReply> Apply(
      const control::Services& services, const ApplyOptions& options) override;
  absl::StatusOr<std::string> GetMetrics() override;

 private:
  Agent(event_base* base, AgentOptions options, DesiredSource source);

  absl::Status Start();
  absl::Status StartMaps(const DesiredState& desired);
  void CarryOver();
  void CarryRest();
  void StartTimers();
  absl::Status StartHealth();
  absl::Status HearBeacons();
  void StartSlowPath();
  void StartSentCounter();
  void StartPmtuWatch();
  void OpenSlowPaths();
  void FlushSlowPath();
  absl::Status StartSync();
  void TellDeclared();
  absl::Status StartServers();
  void AttachReturned();
  void OnSecond();
  void WatchVips();
  void ReadDriverLosses();
  void WatchHolders();
  void UpdateWarningLog();

  absl::StatusOr<control::ChangeReply> Desire(DesiredState desired);
  void Save(control::ChangeReply* reply);
  absl::Status ReloadServices();
  void SetBackends(const std::set<Ipv4Address>& backends,
                   const HealthServices& services);
  SnapshotSources Sources(const std::map<uint32_t, MacAddress>& ingress) const;
  absl::Status WriteMaps();
  bool UpdateReachability();
  void OnReachabilityTimer();
  void WriteMapsLater();
  void ArmDrainTimer(uint64_t wall_clock);
  void OnNextHopsChanged();
  void OnLocalAddressesChanged();
  std::map<uint32_t, VirtualRouters> CurrentVirtualRouters() const;
  void WriteVirtualRouters();
  void ForwardAsAnyMember();
  AgentView View() const;

  event_base* const base_;
  const AgentOptions options_;
  StateKeeper state_;
  ReloadResult reload_;
  const HealthTime started_;
  // Neighbours can cause these lines, by ARP and VRRP.
  LimitedLoopLog write_log_;
  LimitedLoopLog vips_log_;
  DesiredState desired_;
  AgentCounters counters_;

  std::unique_ptr<PinFolder> pins_;
  std::unique_ptr<Maps> maps_;
  std::unique_ptr<MapWriter> writer_;
  std::unique_ptr<MapCarrier> carrier_;  // while starting; null: nothing to do
  std::vector<LivingBackend> living_;    // when this agent took over
  std::unique_ptr<FlowKeeper> flows_;
  std::unique_ptr<Sync> sync_;  // null: there are no peers
  bool inherited_ = false;      // the maps are an earlier agent's
  EventPtr write_event_;
  EventPtr drain_timer_;
  EventPtr reachability_timer_;
  EventPtr save_timer_;
  EventPtr life_timer_;
  EventPtr holders_timer_;
  absl::Status written_;  // whether the maps say what is desired
  bool hearing_ = true;   // until HearBeacons() is over nothing is written
  std::unique_ptr<BeaconHealth> health_;
  std::unique_ptr<NextHopMonitor> next_hops_;
  Reachability reachability_;
  std::unique_ptr<LocalAddresses> local_addresses_;
  VipRoles vips_;
  VipHolders vip_holders_;
  WarningLog warning_log_;
  std::optional<DriverStatistics> driver_statistics_;
  DriverLosses driver_losses_;
  int seconds_ = 0;                            // that OnSecond() has seen
  std::unique_ptr<SentCounter> sent_counter_;  // null: not to be had
  std::unique_ptr<SlowPath> slow_path_;        // null: off, or not to be had
  std::string slow_path_error_;                // why it is not to be had
  std::unique_ptr<PmtuWatch> pmtu_;            // null: not to be had
  std::unique_ptr<ControlServer> control_;
  std::unique_ptr<MetricsServer> metrics_;
  std::unique_ptr<Attachments> attachments_;  // goes before what it uses
  bool started_all_ = false;
};

}  // namespace l275

#endif  // L275_LB_AGENT_CORE_AGENT_H_
