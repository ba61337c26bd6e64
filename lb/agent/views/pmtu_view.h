#ifndef L275_LB_AGENT_VIEWS_PMTU_VIEW_H_
#define L275_LB_AGENT_VIEWS_PMTU_VIEW_H_

#include <prometheus/metric_family.h>

#include <string>
#include <vector>

#include "common/net/service_address.h"
#include "lb/agent/health/health_time.h"
#include "lb/agent/pmtu/pmtu_watch.h"

namespace l275 {

// Whether routers recently (within ten minutes) said of a service's segments
// that they are too long.
bool IsRecent(const PmtuErrors& errors, HealthTime now);

// That in words, with the last client and the command that helps.
std::string DescribePmtuErrors(const ServiceAddress& service,
                               const PmtuErrors& errors);

void AddPmtuMetrics(const PmtuWatch::Services& services,
                    std::vector<prometheus::MetricFamily>& out);

}  // namespace l275

#endif  // L275_LB_AGENT_VIEWS_PMTU_VIEW_H_
