#include "lb/agent/snapshot_builder.h"

#include <algorithm>

#include "common/backend_spec.h"

namespace l275 {
namespace {

// A backend that is not up is held to be dead: its flows are broken anyway.
HealthVerdict VerdictOf(const HealthMonitor* health,
                        const ServiceAddress& service, Ipv4Address backend) {
  if (health != nullptr) return health->VerdictOf(service, backend);
  HealthVerdict verdict;
  verdict.alive = verdict.takes_new_flows = true;
  return verdict;
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

SnapshotService BuildService(const SnapshotSources& sources,
                             const ServiceAddress& service_address,
                             const DesiredService& desired) {
  SnapshotService service;
  service.table_size =
      desired.table_size != 0 ? desired.table_size : sources.default_table_size;
  for (const auto& [address, backend] : desired.backends) {
    const HealthVerdict health =
        VerdictOf(sources.health, service_address, address);
    const bool alive = !backend.disabled && health.alive &&
                       !IsDrained(backend, sources.wall_clock);
    const bool takes_flows =
        alive && health.takes_new_flows && !backend.draining;
    service.backends[address] = {
        takes_flows ? WeightOf(backend.weight, health.weight_percent) : 0,
        alive};
  }
  return service;
}

}  // namespace

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
