#include "lb/agent/views/status_view.h"

#include <chrono>
#include <utility>

#include "common/status_util.h"
#include "common/verdict_names.h"
#include "lb/agent/views/health_view.h"
#include "lb/agent/views/slow_path_view.h"
#include "lb/agent/views/sync_view.h"
#include "lb/agent/views/verdict_view.h"

namespace l275 {
namespace {

void Add(const control::Counter& from, control::Counter* to) {
  to->set_packets(to->packets() + from.packets());
  to->set_bytes(to->bytes() + from.bytes());
}

absl::Status FillTraffic(const Maps& maps, control::Status* status) {
  L275_ASSIGN_OR_RETURN(const auto verdicts, ViewVerdicts(maps));
  for (const control::VerdictCounter& verdict : verdicts) {
    if (verdict.verdict() == kVerdictNames[L275_SLOW_PATH].word) {
      status->mutable_slow_path()->set_handed_over(verdict.counter().packets());
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
    if (service.panic.mode() == PanicWatch::Mode::kPanic) ++panics;
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

void FillVips(const AgentView& view, control::Status* status) {
  for (const auto& [address, vip] : view.vips.vips()) {
    control::VipState* const message = status->add_vip();
    message->set_address(address.ToString());
    message->set_held(vip.role.held);
    message->set_since_seconds(
        static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(
                                  view.now - vip.role.since)
                                  .count()));
    message->set_stray_packets(vip.role.strays);
  }
}

}  // namespace

absl::Status FillStatus(const AgentView& view, control::Status* status) {
  status->set_health(view.health == nullptr ? "none" : "beacon");
  if (view.health != nullptr) FillBeacons(*view.health, status);
  status->set_services(static_cast<uint32_t>(view.writer.services().size()));
  FillBackends(view, status);
  status->set_slots_used(view.writer.slot_ranges().used());
  status->set_slots_capacity(view.writer.slot_ranges().capacity());
  status->set_slots_tracked(view.writer.slots().tracked());
  status->set_flow_entries(view.flows.entries);
  status->set_flow_capacity(view.maps.sizes().flows);
  FillSlowPath(view, status->mutable_slow_path());
  FillVips(view, status);
  for (control::Peer& peer : ViewPeers(view)) {
    *status->add_peer() = std::move(peer);
  }
  return FillTraffic(view.maps, status);
}

}  // namespace l275
