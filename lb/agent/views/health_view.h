#ifndef L275_LB_AGENT_VIEWS_HEALTH_VIEW_H_
#define L275_LB_AGENT_VIEWS_HEALTH_VIEW_H_

#include "common/control/control.pb.h"
#include "lb/agent/health/health.h"
#include "lb/agent/views/agent_view.h"

namespace l275 {

control::Health HealthToProto(Health health);

// "signed", "insecure" or "none": see control.proto.
const char* TrustWord(const BeaconHealth* health);

// All that is known from beacons, and what became of them.
control::HealthStates ViewHealth(const AgentView& view);

}  // namespace l275

#endif  // L275_LB_AGENT_VIEWS_HEALTH_VIEW_H_
