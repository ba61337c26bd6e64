#include "lb/agent/snapshot_builder.h"

namespace l275 {
namespace {

bool IsUp(const HealthView* health, Ipv4Address address) {
  if (health == nullptr) return true;
  const auto backend = health->find(address);
  return backend != health->end() && backend->second.state == Health::kUp;
}

SnapshotService BuildService(const SnapshotSources& sources,
                             const DesiredService& desired) {
  SnapshotService service;
  service.table_size =
      desired.table_size != 0 ? desired.table_size : sources.default_table_size;
  for (const auto& [address, backend] : desired.backends) {
    const bool active = !backend.disabled && IsUp(sources.health, address);
    service.shares[address] = active ? backend.weight : 0;
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
