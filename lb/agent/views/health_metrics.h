#ifndef L275_LB_AGENT_VIEWS_HEALTH_METRICS_H_
#define L275_LB_AGENT_VIEWS_HEALTH_METRICS_H_

#include <prometheus/metric_family.h>

#include <vector>

#include "common/control/control.pb.h"

namespace l275 {

// What `lbctl health` shows, as metrics. None with --health=none.
void AddHealth(const control::HealthStates& states,
               std::vector<prometheus::MetricFamily>& out);

}  // namespace l275

#endif  // L275_LB_AGENT_VIEWS_HEALTH_METRICS_H_
