#include "lb/agent/snapshot_builder.h"

namespace l275 {
namespace {

// A backend that is not up is held to be dead: its flows are broken anyway.
bool IsUp(const HealthView* health, Ipv4Address address) {
  if (health == nullptr) return true;
  const auto backend = health->find(address);
  return backend != health->end() && backend->second.state == Health::kUp;
}

bool IsDrained(const DesiredBackend& backend, uint64_t wall_clock) {
  return backend.draining && backend.drain_until != 0 &&
         backend.drain_until <= wall_clock;
}

SnapshotService BuildService(const SnapshotSources& sources,
                             const DesiredService& desired) {
  SnapshotService service;
  service.table_size =
      desired.table_size != 0 ? desired.table_size : sources.default_table_size;
  for (const auto& [address, backend] : desired.backends) {
    const bool alive = !backend.disabled && IsUp(sources.health, address) &&
                       !IsDrained(backend, sources.wall_clock);
    const bool takes_flows = alive && !backend.draining;
    service.backends[address] = {takes_flows ? backend.weight : 0, alive};
  }
  return service;
}

}  // namespace

Snapshot BuildSnapshot(const SnapshotSources& sources) {
  Snapshot snapshot;
  for (const auto& [address, service] : sources.desired) {
    snapshot.services[address] = BuildService(sources, service);
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
