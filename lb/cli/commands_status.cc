#include "lb/cli/commands_status.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/control/json.h"
#include "common/os/status_util.h"
#include "lb/cli/format.h"
#include "lb/cli/table_printer.h"

namespace l275 {
namespace {

using Align = TablePrinter::Align;
using Column = TablePrinter::Column;

// "copy", "copy on 3 of 4 queues: ...", "off: ...".
std::string SlowPathModeText(const control::Interface& interface) {
  std::string text =
      interface.slow_path().empty() ? "off" : interface.slow_path();
  if (interface.slow_path_queues() != interface.queues() &&
      interface.slow_path_queues() > 0) {
    absl::StrAppend(&text, " on ", interface.slow_path_queues(), " of ",
                    interface.queues(), " queues");
  }
  if (!interface.slow_path_reason().empty()) {
    absl::StrAppend(&text, ": ", interface.slow_path_reason());
  }
  return text;
}

std::string InterfaceText(const control::Interface& interface) {
  if (interface.attachment() == "none") {
    return absl::StrCat(interface.name(), ", NOT ATTACHED",
                        interface.attachment_error().empty() ? "" : ": ",
                        interface.attachment_error());
  }
  return absl::StrCat(interface.name(), ", ", interface.mac(), ", XDP ",
                      interface.xdp_mode(), ", ", interface.attachment(),
                      ", slow path ", SlowPathModeText(interface));
}

// "31 handed over, 2 waiting, 25 sent, 3 answered, 1 dropped (expired 1)".
std::string SlowPathText(const control::SlowPath& slow_path) {
  if (!slow_path.on()) {
    return slow_path.reason().empty()
               ? "off"
               : absl::StrCat("off: ", slow_path.reason());
  }
  uint64_t dropped = 0;
  std::vector<std::string> reasons;
  for (const control::SlowPathDrop& drop : slow_path.dropped()) {
    dropped += drop.frames();
    if (drop.frames() == 0) continue;
    reasons.push_back(absl::StrCat(drop.reason(), " ", drop.frames()));
  }
  const std::string why =
      reasons.empty() ? ""
                      : absl::StrCat(" (", absl::StrJoin(reasons, ", "), ")");
  return absl::StrCat(slow_path.handed_over(), " handed over, ",
                      slow_path.waiting(), " waiting, ", slow_path.sent(),
                      " sent, ", slow_path.answered(), " answered, ", dropped,
                      " dropped", why);
}

// "21 frames in the driver of eth0 (rx_queue_0_xdp_tx_errors)".
std::string DriverLossText(const control::DriverLoss& loss) {
  return absl::StrCat(loss.frames(), " frames in the driver of ",
                      loss.interface(), " (", loss.counter(), ")");
}

std::string HealthCheckText(const control::Status& status) {
  if (status.health() != "beacon") return status.health();
  return absl::StrCat(
      "beacon, timeout ", status.beacon_timeout_ms(), " ms, ",
      status.beacon_trust() == "signed"
          ? absl::StrCat("signed, ", status.beacon_keys(),
                         status.beacon_keys() == 1 ? " key" : " keys")
          : "INSECURE: beacons are believed without a key");
}

std::string ServicesText(const control::Status& status) {
  if (status.services_in_panic() == 0) return absl::StrCat(status.services());
  return absl::StrCat(status.services(), ", PANIC in ",
                      status.services_in_panic(), ": see \"lbctl health\"");
}

std::string VipText(const control::VipState& vip) {
  std::string text = absl::StrCat(
      vip.address(), vip.held() ? ", held for " : ", not held for ",
      vip.since_seconds(), " s");
  if (vip.moves() > 0) {
    absl::StrAppend(&text, ", moved ", vip.moves(),
                    vip.moves() == 1 ? " time" : " times");
  }
  if (vip.stray_packets() > 0) {
    absl::StrAppend(&text, "; ", vip.stray_packets(),
                    " packets came while it was not held");
  }
  return text;
}

std::string AgeText(uint64_t milliseconds) {
  return absl::StrFormat("%.1f s", static_cast<double>(milliseconds) / 1000);
}

// "10.1.0.12:9276, heard 0.3 s ago, has 10.0.0.200, it told all 12 s ago".
std::string PeerText(const control::Peer& peer) {
  std::string text = peer.address();
  if (!peer.heard()) {
    absl::StrAppend(&text, ", NOT HEARD");
    if (!peer.hear_error().empty()) {
      absl::StrAppend(&text, " (", peer.hear_error(), ")");
    }
  } else {
    absl::StrAppend(&text, ", heard ", AgeText(peer.silent_ms()), " ago",
                    peer.held_vip().empty() ? "" : ", has ",
                    absl::StrJoin(peer.held_vip(), " "));
    absl::StrAppend(
        &text, peer.has_resynced_ms()
                   ? absl::StrCat(", it told all ", AgeText(peer.resynced_ms()),
                                  " ago")
                   : ", it has not told all yet");
    if (peer.incomplete()) absl::StrAppend(&text, ", INCOMPLETE");
  }
  if (!peer.connected()) {
    absl::StrAppend(&text, ", NOT CONNECTED");
    if (!peer.connect_error().empty()) {
      absl::StrAppend(&text, " (", peer.connect_error(), ")");
    }
  }
  if (!peer.problem().empty()) absl::StrAppend(&text, "; ", peer.problem());
  return text;
}

void AddPeer(const control::Peer& peer, Lines* lines) {
  lines->push_back({"peer", PeerText(peer)});
  for (const std::string& difference : peer.difference()) {
    lines->push_back({"differs", absl::StrCat("at the peer: ", difference)});
  }
}

std::string StatusText(const control::Status& status) {
  Lines lines = {{"version", status.version()},
                 {"pid", absl::StrCat(status.pid())},
                 {"uptime", absl::StrCat(status.uptime_seconds(), " s")}};
  for (const control::Warning& warning : status.warning()) {
    lines.push_back({"warning", warning.text()});
  }
  for (const control::Interface& interface : status.interface()) {
    lines.push_back({"interface", InterfaceText(interface)});
  }
  lines.insert(lines.end(),
               {{"health", HealthCheckText(status)},
                {"services", ServicesText(status)},
                {"backends", absl::StrCat(status.backends_active(),
                                          " active of ", status.backends())},
                {"slots", absl::StrCat(status.slots_used(), " used of ",
                                       status.slots_capacity())},
                {"tracked", absl::StrCat(status.slots_tracked(), " slots, ",
                                         status.flow_entries(), " flows of ",
                                         status.flow_capacity())},
                {"slow path", SlowPathText(status.slow_path())},
                {"forwarded", CounterText(status.forwarded())},
                {"passed", CounterText(status.passed())},
                {"dropped", CounterText(status.dropped())}});
  for (const control::DriverLoss& loss : status.driver_loss()) {
    lines.push_back({"lost", DriverLossText(loss)});
  }
  for (const control::VipState& vip : status.vip()) {
    lines.push_back({"VIP", VipText(vip)});
  }
  for (const control::Peer& peer : status.peer()) AddPeer(peer, &lines);
  for (const std::string& change : status.run_time_change()) {
    lines.push_back({"changed", change});
  }
  if (!status.not_saved().empty()) {
    lines.push_back({"not saved", status.not_saved()});
  }
  return LinesText(lines);
}

std::string VerdictsText(const control::Stats& stats, bool all) {
  TablePrinter table(std::vector<Column>{{"VERDICT"},
                                         {"ACTION"},
                                         {"PACKETS", Align::kRight},
                                         {"BYTES", Align::kRight},
                                         {"MEANING"}});
  for (const control::VerdictCounter& verdict : stats.verdict()) {
    if (!all && verdict.counter().packets() == 0) continue;
    table.AddRow({verdict.verdict(), verdict.action(),
                  absl::StrCat(verdict.counter().packets()),
                  absl::StrCat(verdict.counter().bytes()), verdict.help()});
  }
  return table.ToString();
}

std::string FlowEventsText(const control::Stats& stats, bool all) {
  TablePrinter table(std::vector<Column>{
      {"FLOW_EVENT"}, {"PACKETS", Align::kRight}, {"MEANING"}});
  for (const control::FlowEventCounter& event : stats.flow_event()) {
    if (!all && event.packets() == 0) continue;
    table.AddRow({event.event(), absl::StrCat(event.packets()), event.help()});
  }
  return table.ToString();
}

void AddCounterRow(const std::string& service, const std::string& backend,
                   const control::Counter& counter, TablePrinter* table) {
  table->AddRow({service, backend, absl::StrCat(counter.packets()),
                 absl::StrCat(counter.bytes())});
}

std::string ForwardedText(const control::Stats& stats) {
  TablePrinter table(std::vector<Column>{{"SERVICE"},
                                         {"BACKEND"},
                                         {"PACKETS", Align::kRight},
                                         {"BYTES", Align::kRight}});
  for (const control::ServiceState& service : stats.service()) {
    AddCounterRow(service.service(), "all", service.forwarded(), &table);
    for (const control::BackendState& backend : service.backend()) {
      AddCounterRow(service.service(), backend.address(), backend.forwarded(),
                    &table);
    }
  }
  return table.ToString();
}

}  // namespace

absl::StatusOr<std::string> Status(const Invocation& invocation) {
  L275_ASSIGN_OR_RETURN(const control::Status status,
                        invocation.agent.Status());
  return invocation.options.json ? ToPrettyJson(status) : StatusText(status);
}

absl::StatusOr<std::string> Stats(const Invocation& invocation) {
  L275_ASSIGN_OR_RETURN(const control::Stats stats, invocation.agent.Stats());
  if (invocation.options.json) return ToPrettyJson(stats);
  const bool all = invocation.options.all;
  return absl::StrCat(VerdictsText(stats, all), "\n",
                      FlowEventsText(stats, all), "\n", ForwardedText(stats));
}

}  // namespace l275
