#ifndef L275_LB_AGENT_VIEWS_SYNC_METRICS_H_
#define L275_LB_AGENT_VIEWS_SYNC_METRICS_H_

#include <prometheus/metric_family.h>

#include <vector>

#include "common/control/control.pb.h"

namespace l275 {

// Nothing without peers.
void AddPeers(const control::Status& status,
              std::vector<prometheus::MetricFamily>& out);

}  // namespace l275

#endif  // L275_LB_AGENT_VIEWS_SYNC_METRICS_H_
