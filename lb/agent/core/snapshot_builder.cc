#include "lb/agent/core/snapshot_builder.h"

#include <algorithm>

#include "common/control/backend_spec.h"

namespace l275 {
namespace {

// A backend that is not up is treated as dead: its flows are broken anyway.
BackendDecision DecisionFor(const HealthMonitor* health,
                            const ServiceAddress& service,
                            Ipv4Address backend) {
  if (health != nullptr) return health->DecisionFor(service, backend);
  BackendDecision decision;
  decision.alive = decision.takes_new_flows = true;
  return decision;
}

// Rounded; at least 1 when both are more than 0.
uint32_t WeightOf(uint32_t desired, uint16_t percent) {
  if (desired == 0 || percent == 0) return 0;
  const uint64_t weight = (uint64_t{desired} * percent + 50) / 100;
  return static_cast<uint32_t>(
      std::clamp<uint64_t>(weight, 1, std::max(desired, kMaxWeight)));
}

bool IsDrained(const DesiredBackend& backend, uint64_t wall_clock) {
  return backend.draining && backend.drain_until != 0 &&
         backend.drain_until <= wall_clock;
}

// What the backend gets if frames reach it.
SnapshotBackend BuildBackend(const SnapshotSources& sources,
                             const ServiceAddress& service, Ipv4Address address,
                             const DesiredBackend& desired) {
  const BackendDecision health = DecisionFor(sources.health, service, address);
  const bool alive = !desired.disabled && health.alive &&
                     !IsDrained(desired, sources.wall_clock);
  const bool takes_flows = alive && health.takes_new_flows && !desired.draining;
  return {takes_flows ? WeightOf(desired.weight, health.weight_percent) : 0,
          alive};
}

SnapshotService BuildService(const SnapshotSources& sources,
                             const ServiceAddress& service_address,
                             const DesiredService& desired) {
  SnapshotService service;
  service.table_size =
      desired.table_size != 0 ? desired.table_size : sources.default_table_size;
  for (const auto& [address, desired_backend] : desired.backends) {
    SnapshotBackend& backend = service.backends[address];
    backend = BuildBackend(sources, service_address, address, desired_backend);
    if (sources.reachability.IsLeftOut(service_address, address)) {
      backend.weight = 0;
    }
  }
  return service;
}

}  // namespace

Reachability::Candidates CandidatesOf(const SnapshotSources& sources) {
  Reachability::Candidates candidates;
  for (const auto& [service_address, service] : sources.desired) {
    Reachability::Backends& backends = candidates[service_address];
    for (const auto& [address, desired] : service.backends) {
      if (BuildBackend(sources, service_address, address, desired).weight > 0) {
        backends.insert(address);
      }
    }
  }
  return candidates;
}

Snapshot BuildSnapshot(const SnapshotSources& sources) {
  Snapshot snapshot;
  for (const auto& [address, service] : sources.desired) {
    snapshot.services[address] = BuildService(sources, address, service);
  }
  for (const auto& [address, next_hop] : sources.next_hops) {
    if (!next_hop.ready()) continue;
    snapshot.next_hops[address] = {next_hop.ifindex, next_hop.destination,
                                   next_hop.source};
  }
  snapshot.ingress = sources.ingress;
  return snapshot;
}

}  // namespace l275
