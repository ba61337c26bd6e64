#include "lb/agent/views/service_view.h"

#include <chrono>
#include <string>
#include <vector>

#include "common/os/status_util.h"
#include "lb/agent/maps/counters.h"
#include "lb/agent/views/health_view.h"
#include "lb/agent/views/next_hop_view.h"

namespace l275 {
namespace {

void FillHealth(const AgentView& view, const ServiceAddress& service,
                Ipv4Address address, control::BackendState* state) {
  if (view.health == nullptr) {
    state->set_health(control::UNCHECKED);
    return;
  }
  const HealthMonitor& monitor = view.health->monitor();
  const auto* subject = monitor.SubjectOf(address, service.port);
  if (subject == nullptr) return;
  const SubjectState& health = subject->second;
  state->set_health(HealthToProto(health.state()));
  state->set_health_reason(health.reason());
  state->set_trusted(monitor.DecisionFor(service, address).trusted);
  if (!health.last_beacon().has_value()) return;
  state->set_beacon_age_ms(
      std::chrono::duration_cast<std::chrono::milliseconds>(
          view.now - *health.last_beacon())
          .count());
  state->set_announced_weight_percent(health.weight());
}

void FillReachability(const AgentView& view, const ServiceAddress& address,
                      control::ServiceState* state) {
  const auto found = view.reachability.services().find(address);
  if (found == view.reachability.services().end()) return;
  const Reachability::Service& service = found->second;
  state->set_reachable(static_cast<uint32_t>(service.census.up));
  state->set_candidates(static_cast<uint32_t>(service.census.total));
  state->set_reach_panic(service.panic.mode() == PanicWatch::Mode::kPanic);
  state->set_reach_panics(service.panic.panics());
}

void FillCounter(const l275_counter& counter, control::Counter* message) {
  message->set_packets(counter.packets);
  message->set_bytes(counter.bytes);
}

absl::Status FillTraffic(const AgentView& view, const WrittenService& service,
                         control::ServiceState* state) {
  L275_ASSIGN_OR_RETURN(
      const std::vector<l275_counter> service_counter,
      ReadCounters(view.maps.service_counters_fd(), {service.id}));
  FillCounter(service_counter[0], state->mutable_forwarded());
  std::vector<uint32_t> ids;
  for (const auto& [address, backend] : service.backends) {
    ids.push_back(backend.id);
  }
  L275_ASSIGN_OR_RETURN(const std::vector<l275_counter> counters,
                        ReadCounters(view.maps.backend_counters_fd(), ids));
  // Both are in the order of addresses.
  for (size_t i = 0; i < counters.size(); ++i) {
    FillCounter(
        counters[i],
        state->mutable_backend(static_cast<int>(i))->mutable_forwarded());
  }
  return absl::OkStatus();
}

}  // namespace

control::BackendState ViewBackend(const AgentView& view,
                                  const ServiceAddress& service,
                                  Ipv4Address address) {
  const DesiredBackend& desired = view.desired.at(service).backends.at(address);
  const WrittenService& written = view.writer.services().at(service);
  control::BackendState state;
  state.set_address(address.ToString());
  state.set_weight(desired.weight);
  state.set_disabled(desired.disabled);
  state.set_draining(desired.draining);
  state.set_drain_until(desired.drain_until);
  FillHealth(view, service, address, &state);
  state.set_active(written.source.backends.at(address).weight > 0);
  state.set_slots(written.backends.at(address).slots);
  const auto recent = view.flows.recent.find(written.backends.at(address).id);
  if (recent != view.flows.recent.end()) {
    state.set_recent_flows(recent->second);
  }
  state.set_unreachable(view.reachability.IsUnreachable(address));
  *state.mutable_next_hop() = ViewNextHop(view, address);
  return state;
}

absl::StatusOr<control::ServiceStates> ViewServices(const AgentView& view) {
  control::ServiceStates states;
  for (const auto& [address, written] : view.writer.services()) {
    control::ServiceState* state = states.add_service();
    state->set_service(address.ToString());
    state->set_table_size(written.source.table_size);
    FillReachability(view, address, state);
    for (const auto& [backend_address, backend] : written.backends) {
      *state->add_backend() = ViewBackend(view, address, backend_address);
    }
    L275_RETURN_IF_ERROR(FillTraffic(view, written, state));
  }
  return states;
}

}  // namespace l275
