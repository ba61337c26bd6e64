#include "lb/agent/views/metrics.h"

#include "common/os/status_util.h"
#include "lb/agent/views/family.h"
#include "lb/agent/views/health_metrics.h"
#include "lb/agent/views/health_view.h"
#include "lb/agent/views/next_hop_view.h"
#include "lb/agent/views/pmtu_view.h"
#include "lb/agent/views/stats_view.h"
#include "lb/agent/views/status_view.h"
#include "lb/agent/views/sync_metrics.h"

namespace l275 {
namespace {

using prometheus::MetricFamily;

void AddVerdicts(const control::Stats& stats, std::vector<MetricFamily>& out) {
  Family packets =
      Counter("l275_verdict_packets_total", "Packets by the program's verdict");
  Family bytes = Counter("l275_verdict_bytes_total",
                         "Bytes of frames by the program's verdict");
  for (const control::VerdictCounter& verdict : stats.verdict()) {
    const Labels labels = {{"verdict", verdict.verdict()},
                           {"action", verdict.action()}};
    packets.Add(labels, static_cast<double>(verdict.counter().packets()));
    bytes.Add(labels, static_cast<double>(verdict.counter().bytes()));
  }
  out.push_back(packets.Take());
  out.push_back(bytes.Take());
}

void AddServices(const control::Stats& stats, std::vector<MetricFamily>& out) {
  Family packets =
      Counter("l275_service_forwarded_packets_total",
              "Packets sent to backends of the service, or handed to "
              "the agent to be sent");
  Family bytes = Counter("l275_service_forwarded_bytes_total",
                         "Bytes of the frames of these packets");
  Family slots = Gauge("l275_service_slots", "Slots of the service's table");
  Family panic = Gauge("l275_service_reachability_panic",
                       "1 while too few backends are reachable, so that "
                       "unreachable ones get new flows");
  Family panics = Counter("l275_service_reachability_panics_total",
                          "Panics about reachability that began");
  for (const control::ServiceState& state : stats.service()) {
    const Labels labels = {{"service", state.service()}};
    packets.Add(labels, static_cast<double>(state.forwarded().packets()));
    bytes.Add(labels, static_cast<double>(state.forwarded().bytes()));
    slots.Add(labels, state.table_size());
    panic.Add(labels, state.reach_panic() ? 1 : 0);
    panics.Add(labels, static_cast<double>(state.reach_panics()));
  }
  for (Family* family : {&packets, &bytes, &slots, &panic, &panics}) {
    out.push_back(family->Take());
  }
}

void AddBackends(const control::Stats& stats, std::vector<MetricFamily>& out) {
  Family packets =
      Counter("l275_backend_forwarded_packets_total",
              "Packets sent to the backend, or handed to the agent to be "
              "sent to it");
  Family bytes = Counter("l275_backend_forwarded_bytes_total",
                         "Bytes of the frames of these packets");
  Family active = Gauge("l275_backend_active",
                        "1 when the backend gets flows: enabled, weight over "
                        "0, healthy");
  Family weight = Gauge("l275_backend_weight", "The backend's weight");
  Family slots = Gauge("l275_backend_slots", "Slots that the backend owns");
  Family next_hop = Gauge("l275_backend_next_hop_ready",
                          "1 when route and MAC address of the backend are "
                          "known; if not, packets go to the agent");
  Family unreachable =
      Gauge("l275_backend_unreachable",
            "1 while the backend's next hop has failed for longer than "
            "--unreachable_after_ms");
  Family age = Gauge("l275_backend_beacon_age_seconds",
                     "Seconds since the backend's last beacon");
  for (const control::ServiceState& service : stats.service()) {
    for (const control::BackendState& state : service.backend()) {
      const Labels labels = {{"service", service.service()},
                             {"backend", state.address()}};
      packets.Add(labels, static_cast<double>(state.forwarded().packets()));
      bytes.Add(labels, static_cast<double>(state.forwarded().bytes()));
      active.Add(labels, state.active() ? 1 : 0);
      weight.Add(labels, state.weight());
      slots.Add(labels, state.slots());
      next_hop.Add(labels, state.next_hop().state() == "ready" ? 1 : 0);
      unreachable.Add(labels, state.unreachable() ? 1 : 0);
      if (state.has_beacon_age_ms()) {
        age.Add(labels, static_cast<double>(state.beacon_age_ms()) / 1000);
      }
    }
  }
  for (Family* family : {&packets, &bytes, &active, &weight, &slots, &next_hop,
                         &unreachable, &age}) {
    out.push_back(family->Take());
  }
}

void AddFlows(const control::Stats& stats, const control::Status& status,
              std::vector<MetricFamily>& out) {
  Family family =
      Counter("l275_flow_events_total",
              "Packets of tracked slots, by what happened to their flow");
  for (const control::FlowEventCounter& event : stats.flow_event()) {
    family.Add({{"event", event.event()}},
               static_cast<double>(event.packets()));
  }
  out.push_back(family.Take());
  AddOne(Gauge("l275_tracked_slots",
               "Slots whose flows may be elsewhere than at their owner"),
         status.slots_tracked(), out);
  AddOne(Gauge("l275_flow_entries", "Entries of the flow table"),
         status.flow_entries(), out);
  AddOne(Gauge("l275_flow_capacity", "Entries that there is room for"),
         status.flow_capacity(), out);
}

void AddNeighbours(const control::NextHops& next_hops,
                   std::vector<MetricFamily>& out) {
  Family states = Gauge("l275_backend_neighbour_state",
                        "1, with the state of the backend's neighbour entry "
                        "as a label, or no_route, or unusable");
  for (const control::BackendNextHop& backend : next_hops.next_hop()) {
    states.Add({{"backend", backend.address()},
                {"interface", backend.next_hop().interface()},
                {"gateway", backend.next_hop().gateway()},
                {"state", backend.neighbour_state()}},
               1);
  }
  out.push_back(states.Take());
}

void AddSlowPath(const control::SlowPath& slow_path,
                 std::vector<MetricFamily>& out) {
  AddOne(Gauge("l275_slow_path_on",
               "1 when the agent takes frames that wait "
               "for a MAC address"),
         slow_path.on() ? 1 : 0, out);
  AddOne(Gauge("l275_slow_path_frames_waiting",
               "Frames that wait for their backend's MAC address"),
         slow_path.waiting(), out);
  AddOne(Counter("l275_slow_path_frames_sent_total",
                 "Frames sent by the agent for the program"),
         static_cast<double>(slow_path.sent()), out);
  AddOne(
      Counter("l275_slow_path_frames_answered_total",
              "Frames whose TTL had ended, answered with ICMP time exceeded"),
      static_cast<double>(slow_path.answered()), out);
  Family dropped = Counter("l275_slow_path_frames_dropped_total",
                           "Frames handed to the agent and not sent, by why");
  for (const control::SlowPathDrop& drop : slow_path.dropped()) {
    dropped.Add({{"reason", drop.reason()}},
                static_cast<double>(drop.frames()));
  }
  out.push_back(dropped.Take());
}

void AddDriverLosses(const DriverLosses::Counters& losses,
                     std::vector<MetricFamily>& out) {
  Family frames = Counter("l275_driver_lost_frames_total",
                          "Frames that the program sent and the driver lost, "
                          "by the driver's own counters");
  for (const auto& [interface, counters] : losses) {
    for (const auto& [counter, value] : counters) {
      frames.Add({{"interface", interface}, {"counter", counter}},
                 static_cast<double>(value));
    }
  }
  out.push_back(frames.Take());
}

void AddInterfaces(const control::Status& status,
                   std::vector<MetricFamily>& out) {
  Family attached = Gauge("l275_interface_attached",
                          "1 while the program is on the interface, with its "
                          "mode: native, generic; none where it is not");
  for (const control::Interface& interface : status.interface()) {
    const bool is_attached = interface.attachment() != "none";
    attached.Add({{"interface", interface.name()},
                  {"mode", is_attached ? interface.xdp_mode() : "none"}},
                 is_attached ? 1 : 0);
  }
  out.push_back(attached.Take());
}

void AddVipsOfPeers(const MetricValues& values,
                    std::vector<MetricFamily>& out) {
  if (values.status.peer().empty()) return;
  Family held =
      Gauge("l275_peer_vip_held", "1 while the peer says that it has the VIP");
  for (const PeerVip& vip : values.peer_vips) {
    held.Add({{"peer", vip.peer}, {"vip", vip.vip}}, vip.held ? 1 : 0);
  }
  out.push_back(held.Take());
}

void AddVips(const control::Status& status, std::vector<MetricFamily>& out) {
  Family held = Gauge("l275_vip_held", "1 while this host has the VIP");
  Family strays =
      Counter("l275_vip_stray_packets_total",
              "Packets forwarded for a VIP that this host does not have");
  Family moves = Counter("l275_vip_moves_total",
                         "Times that the VIP came to this host or left it");
  for (const control::VipState& vip : status.vip()) {
    const Labels labels = {{"vip", vip.address()}};
    held.Add(labels, vip.held() ? 1 : 0);
    strays.Add(labels, static_cast<double>(vip.stray_packets()));
    moves.Add(labels, static_cast<double>(vip.moves()));
  }
  out.push_back(held.Take());
  out.push_back(strays.Take());
  out.push_back(moves.Take());
}

void AddWarnings(const control::Status& status,
                 std::vector<MetricFamily>& out) {
  Family family = Gauge("l275_warning",
                        "1 for each warning of \"lbctl status\", by what was "
                        "looked at, and of what");
  for (const control::Warning& warning : status.warning()) {
    family.Add({{"check", warning.check()}, {"subject", warning.subject()}}, 1);
  }
  out.push_back(family.Take());
}

void AddAgent(const MetricValues& values, std::vector<MetricFamily>& out) {
  Family build = Gauge("l275_build_info", "1, with the version as a label");
  build.Add({{"version", values.status.version()}}, 1);
  out.push_back(build.Take());
  AddOne(Gauge("l275_slots_used", "Slots of all tables together"),
         values.status.slots_used(), out);
  AddOne(Gauge("l275_slots_capacity", "Slots that there is room for"),
         values.status.slots_capacity(), out);
  AddOne(Counter("l275_table_changes_total",
                 "Services added, changed or removed in the maps"),
         static_cast<double>(values.table_changes), out);
  AddOne(Counter("l275_write_failures_total",
                 "Snapshots that could not be written"),
         static_cast<double>(values.counters.write_failures), out);
  AddOne(Gauge("l275_config_last_reload_successful",
               "1 when services file and keys could be used when they were "
               "last read"),
         values.reload.errors.empty() ? 1 : 0, out);
  AddOne(Gauge("l275_config_last_reload_success_timestamp_seconds",
               "When services file and keys were last read with success, in "
               "seconds since 1970"),
         static_cast<double>(values.reload.last_success_unix_s), out);
  AddOne(Counter("l275_netlink_resyncs_total",
                 "Full reads after lost rtnetlink notifications"),
         static_cast<double>(values.counters.netlink_resyncs), out);
  AddOne(Counter("l275_neighbour_mac_refused_total",
                 "MAC addresses of neighbours that were refused: zero, "
                 "broadcast, multicast, or this host's own"),
         static_cast<double>(values.refused_macs), out);
}

std::vector<PeerVip> ViewPeerVips(const AgentView& view) {
  std::vector<PeerVip> result;
  if (view.sync == nullptr) return result;
  for (const auto& [address, peer] : view.sync->sink().peers()) {
    for (const auto& [vip, role] : view.vips.vips()) {
      result.push_back(
          {address.ToString(), vip.ToString(), peer.held.count(vip) > 0});
    }
  }
  return result;
}

}  // namespace

std::vector<MetricFamily> MetricsOf(const MetricValues& values) {
  std::vector<MetricFamily> families;
  AddAgent(values, families);
  AddWarnings(values.status, families);
  AddVerdicts(values.stats, families);
  AddServices(values.stats, families);
  AddBackends(values.stats, families);
  AddFlows(values.stats, values.status, families);
  AddInterfaces(values.status, families);
  AddVips(values.status, families);
  AddVipsOfPeers(values, families);
  AddNeighbours(values.next_hops, families);
  AddSlowPath(values.status.slow_path(), families);
  AddDriverLosses(values.driver_losses, families);
  AddHealth(values.health, families);
  AddPeers(values.status, families);
  if (values.pmtu.has_value()) AddPmtuMetrics(*values.pmtu, families);
  return families;
}

absl::StatusOr<std::vector<MetricFamily>> CollectMetrics(
    const AgentView& view, const AgentCounters& counters) {
  MetricValues values;
  values.counters = counters;
  values.reload = view.reload;
  values.table_changes = view.writer.service_changes();
  values.refused_macs = view.next_hops.mac_refusals();
  L275_ASSIGN_OR_RETURN(values.status, ViewStatus(view));
  L275_ASSIGN_OR_RETURN(values.stats, ViewStats(view));
  values.next_hops = ViewNextHops(view);
  values.health = ViewHealth(view);
  values.peer_vips = ViewPeerVips(view);
  values.driver_losses = view.driver_losses.counters();
  if (view.pmtu != nullptr) values.pmtu = view.pmtu->services();
  return MetricsOf(values);
}

}  // namespace l275
