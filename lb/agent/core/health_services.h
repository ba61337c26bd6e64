#ifndef L275_LB_AGENT_CORE_HEALTH_SERVICES_H_
#define L275_LB_AGENT_CORE_HEALTH_SERVICES_H_

#include "lb/agent/config/desired_state.h"
#include "lb/agent/health/health_subject.h"

namespace l275 {

// The services whose backends' health has to be known for the desired state.
HealthServices HealthServicesOf(const DesiredState& desired);

}  // namespace l275

#endif  // L275_LB_AGENT_CORE_HEALTH_SERVICES_H_
