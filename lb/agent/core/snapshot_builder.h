#ifndef L275_LB_AGENT_CORE_SNAPSHOT_BUILDER_H_
#define L275_LB_AGENT_CORE_SNAPSHOT_BUILDER_H_

#include <cstdint>
#include <map>

#include "lb/agent/config/desired_state.h"
#include "lb/agent/health/health_monitor.h"
#include "lb/agent/health/reachability.h"
#include "lb/agent/nexthop/next_hop.h"
#include "lb/agent/publish/snapshot.h"

namespace l275 {

// What a snapshot is made of. A backend lives, that is, keeps its flows, when
// it is enabled, its health allows it, and its drain is not over; it gets new
// flows when it lives, has a weight over 0, neither the operator nor its beacon
// drains it, and frames reach it (see Reachability). The beacon's weight is in
// percent of the operator's, and makes no 0 of what is more than 0.
struct SnapshotSources {
  const DesiredState& desired;
  uint32_t default_table_size;  // slots, of services that name none
  const HealthMonitor* health;  // null: every backend counts as up
  const std::map<Ipv4Address, NextHop>& next_hops;
  const std::map<uint32_t, MacAddress>& ingress;
  uint64_t wall_clock;               // seconds since 1970
  const Reachability& reachability;  // as updated with CandidatesOf() these
};

// The backends of each service that would get new flows if they were reachable.
Reachability::Candidates CandidatesOf(const SnapshotSources& sources);

Snapshot BuildSnapshot(const SnapshotSources& sources);

}  // namespace l275

#endif  // L275_LB_AGENT_CORE_SNAPSHOT_BUILDER_H_
