#include "lb/agent/views/health_view.h"

#include <algorithm>
#include <chrono>

namespace l275 {
namespace {

uint64_t MillisecondsBetween(HealthTime from, HealthTime to) {
  const auto duration =
      std::chrono::duration_cast<std::chrono::milliseconds>(to - from);
  return static_cast<uint64_t>(std::max<int64_t>(duration.count(), 0));
}

void FillBeacon(const SubjectState& state, HealthTime now,
                control::BackendHealth* message) {
  if (!state.last_beacon().has_value()) return;
  message->set_beacon_age_ms(MillisecondsBetween(*state.last_beacon(), now));
  message->set_interval_ms(static_cast<uint32_t>(state.interval().count()));
  message->set_weight_percent(state.weight());
  message->set_key_id(state.key_id());
  if (const auto loss = state.loss().Percent()) {
    message->set_loss_percent(*loss);
  }
}

void FillSubject(const HealthSubject& subject, const SubjectState& state,
                 HealthTime now, control::BackendHealth* message) {
  message->set_backend(subject.address.ToString());
  message->set_port(subject.port);
  message->set_state(HealthToProto(state.state()));
  message->set_in_state_ms(MillisecondsBetween(state.last_change(), now));
  message->set_reason(state.reason());
  message->set_flaps(state.flaps().changes());
  message->set_dampings(state.flaps().dampings());
  if (state.flaps().damped_until().has_value()) {
    message->set_damped_ms(
        MillisecondsBetween(now, *state.flaps().damped_until()));
  }
  FillBeacon(state, now, message);
}

void FillReachability(const AgentView& view, Ipv4Address address,
                      control::BackendHealth* message) {
  if (!view.reachability.IsUnreachable(address)) return;
  message->set_unreachable(true);
  message->set_unreachable_reason(
      view.next_hops.next_hops().at(address).reason);
}

void FillService(const ServiceAddress& address, const ServiceHealth& service,
                 control::ServiceHealth* message) {
  message->set_service(address.ToString());
  message->set_mode(PanicWord(service.panic().mode()));
  message->set_backends(static_cast<uint32_t>(service.census().total));
  message->set_up(static_cast<uint32_t>(service.census().up));
  message->set_panics(service.panic().panics());
}

void FillCounters(const BeaconCounters& counters,
                  control::HealthStates* states) {
  for (const BeaconResult result : AllOf<BeaconResult>()) {
    control::BeaconCounter* message = states->add_beacon();
    message->set_result(NameOf(result).word);
    message->set_help(NameOf(result).help);
    message->set_beacons(counters.Of(result));
  }
}

}  // namespace

control::Health HealthToProto(Health health) {
  switch (health) {
    case Health::kUnknown:
      return control::UNKNOWN;
    case Health::kUp:
      return control::UP;
    case Health::kDown:
      return control::DOWN;
    case Health::kSilent:
      return control::SILENT;
    case Health::kDraining:
      return control::DRAINING;
    case Health::kDamped:
      return control::DAMPED;
  }
  return control::UNKNOWN;
}

const char* TrustWord(const BeaconHealth* health) {
  if (health == nullptr) return "none";
  return health->filter().keys() != nullptr ? "signed" : "insecure";
}

control::HealthStates ViewHealth(const AgentView& view) {
  control::HealthStates states;
  states.set_trust(TrustWord(view.health));
  if (view.health == nullptr) return states;
  const HealthMonitor& monitor = view.health->monitor();
  if (const BeaconKeys* keys = view.health->filter().keys()) {
    states.set_keys(static_cast<uint32_t>(keys->size()));
  }
  for (const auto& [subject, state] : monitor.subjects()) {
    // A port that has no beacon of its own is spoken for by the address.
    if (subject.port != 0 && !state.has_beacon()) continue;
    control::BackendHealth* const message = states.add_backend();
    FillSubject(subject, state, view.now, message);
    FillReachability(view, subject.address, message);
  }
  for (const auto& [address, service] : monitor.services()) {
    FillService(address, service, states.add_service());
  }
  FillCounters(view.health->filter().counters(), &states);
  return states;
}

}  // namespace l275
