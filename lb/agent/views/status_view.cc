#include "lb/agent/views/status_view.h"

#include <unistd.h>

#include <chrono>
#include <string>
#include <utility>

#include "common/control/verdict_names.h"
#include "common/net/mac_address.h"
#include "common/os/status_util.h"
#include "common/os/version.h"
#include "lb/agent/views/health_view.h"
#include "lb/agent/views/slow_path_view.h"
#include "lb/agent/views/sync_view.h"
#include "lb/agent/views/verdict_view.h"
#include "lb/agent/views/warnings.h"

namespace l275 {
namespace {

void Add(const control::Counter& from, control::Counter* to) {
  to->set_packets(to->packets() + from.packets());
  to->set_bytes(to->bytes() + from.bytes());
}

bool IsHandedOver(const control::VerdictCounter& verdict) {
  return verdict.verdict() == kVerdictNames[L275_SLOW_PATH].word ||
         verdict.verdict() == kVerdictNames[L275_SLOW_PATH_TTL].word;
}

absl::Status FillTraffic(const Maps& maps, control::Status* status) {
  L275_ASSIGN_OR_RETURN(const auto verdicts, ViewVerdicts(maps));
  for (const control::VerdictCounter& verdict : verdicts) {
    if (IsHandedOver(verdict)) {
      control::SlowPath& slow_path = *status->mutable_slow_path();
      slow_path.set_handed_over(slow_path.handed_over() +
                                verdict.counter().packets());
    } else if (verdict.action() == "PASS") {
      Add(verdict.counter(), status->mutable_passed());
    } else if (verdict.action() == "DROP") {
      Add(verdict.counter(), status->mutable_dropped());
    } else {
      Add(verdict.counter(), status->mutable_forwarded());
    }
  }
  return absl::OkStatus();
}

void FillBeacons(const BeaconHealth& health, control::Status* status) {
  const HealthMonitor& monitor = health.monitor();
  status->set_beacon_timeout_ms(
      static_cast<uint32_t>(monitor.options().timeout.count()));
  status->set_beacon_trust(TrustWord(&health));
  if (const BeaconKeys* keys = health.filter().keys()) {
    status->set_beacon_keys(static_cast<uint32_t>(keys->size()));
  }
  uint32_t panics = 0;
  for (const auto& [address, service] : monitor.services()) {
    if (service.panic().mode() == PanicWatch::Mode::kPanic) ++panics;
  }
  status->set_services_in_panic(panics);
}

void FillBackends(const AgentView& view, control::Status* status) {
  uint32_t backends = 0;
  uint32_t active = 0;
  for (const auto& [address, service] : view.writer.services()) {
    for (const auto& [address_of_backend, backend] : service.source.backends) {
      ++backends;
      if (backend.weight > 0) ++active;
    }
  }
  status->set_backends(backends);
  status->set_backends_active(active);
}

uint64_t SecondsSince(HealthTime time, HealthTime now) {
  return static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::seconds>(now - time).count());
}

void FillVips(const AgentView& view, control::Status* status) {
  for (const auto& [address, vip] : view.vips.vips()) {
    control::VipState* const message = status->add_vip();
    message->set_address(address.ToString());
    message->set_held(vip.role.held);
    message->set_since_seconds(SecondsSince(vip.role.since, view.now));
    message->set_stray_packets(vip.role.strays);
    message->set_moves(vip.role.moves);
  }
}

void FillAgent(const AgentView& view, control::Status* status) {
  status->set_version(kVersion);
  status->set_pid(static_cast<uint32_t>(getpid()));
  status->set_uptime_seconds(SecondsSince(view.started, view.now));
  for (std::string& line : view.state.Changes(view.desired)) {
    status->add_run_time_change(std::move(line));
  }
  status->set_not_saved(std::string(view.state.saved().message()));
}

void FillInterface(const AgentView& view, const std::string& name,
                   control::Interface* message) {
  message->set_name(name);
  const XdpAttachment* const found = view.attachments.Find(name);
  if (found == nullptr) {
    message->set_attachment("none");
    message->set_attachment_error(view.attachments.ErrorOf(name));
    return;
  }
  const XdpAttachment& attachment = *found;
  message->set_ifindex(attachment.ifindex());
  message->set_xdp_mode(attachment.native() ? "native" : "generic");
  message->set_attachment(attachment.uses_dispatcher() ? "dispatcher"
                                                       : "single");
  const auto link = view.next_hops.links().find(attachment.ifindex());
  if (link != view.next_hops.links().end()) {
    message->set_mac(MacToString(link->second.mac));
  }
  FillSlowPathOf(view.slow_path, attachment.ifindex(), message);
}

void FillDriverLosses(const DriverLosses& losses, control::Status* status) {
  for (const auto& [interface, counters] : losses.counters()) {
    for (const auto& [counter, frames] : counters) {
      if (frames == 0) continue;
      control::DriverLoss* const message = status->add_driver_loss();
      message->set_interface(interface);
      message->set_counter(counter);
      message->set_frames(frames);
    }
  }
}

void FillSlots(const AgentView& view, control::Status* status) {
  status->set_slots_used(view.writer.slot_ranges().used());
  status->set_slots_capacity(view.writer.slot_ranges().capacity());
  status->set_slots_tracked(view.writer.tracker().tracked());
  status->set_flow_entries(view.flows.entries);
  status->set_flow_capacity(view.maps.sizes().flows);
}

}  // namespace

absl::StatusOr<control::Status> ViewStatus(const AgentView& view) {
  control::Status status;
  FillAgent(view, &status);
  for (const std::string& name : view.attachments.interfaces()) {
    FillInterface(view, name, status.add_interface());
  }
  status.set_health(view.health == nullptr ? "none" : "beacon");
  if (view.health != nullptr) FillBeacons(*view.health, &status);
  status.set_services(static_cast<uint32_t>(view.writer.services().size()));
  FillBackends(view, &status);
  FillSlots(view, &status);
  FillSlowPath(view, status.mutable_slow_path());
  FillDriverLosses(view.driver_losses, &status);
  FillVips(view, &status);
  for (control::Peer& peer : ViewPeers(view)) {
    *status.add_peer() = std::move(peer);
  }
  for (control::Warning& warning : ViewWarnings(view)) {
    *status.add_warning() = std::move(warning);
  }
  L275_RETURN_IF_ERROR(FillTraffic(view.maps, &status));
  return status;
}

}  // namespace l275
