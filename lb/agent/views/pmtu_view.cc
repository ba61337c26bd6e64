#include "lb/agent/views/pmtu_view.h"

#include <chrono>

#include "absl/strings/str_cat.h"
#include "lb/agent/views/family.h"

namespace l275 {
namespace {

constexpr std::chrono::minutes kRecent{10};

}  // namespace

bool IsRecent(const PmtuErrors& errors, HealthTime now) {
  return errors.count > 0 && now - errors.last < kRecent;
}

std::string DescribePmtuErrors(const ServiceAddress& service,
                               const PmtuErrors& errors) {
  return absl::StrCat(
      service.ToString(), ": ", errors.count,
      " times a router said that a segment is too long, the last one to "
      "client ",
      errors.client.ToString(), " (",
      errors.mtu == 0 ? "MTU unknown" : absl::StrCat("MTU ", errors.mtu),
      "); the servers do not hear of it, so long answers to such clients hang; "
      "give dnat --mss=",
      MssFor(errors.mtu), " on each web server, as docs/operating.md says");
}

void AddPmtuMetrics(const PmtuWatch::Services& services,
                    std::vector<prometheus::MetricFamily>& out) {
  Family count = Counter(
      "l275_service_fragmentation_needed_total",
      "ICMP messages \"fragmentation needed\" for the service, which the "
      "servers do not get");
  Family mtu = Gauge("l275_service_fragmentation_needed_mtu_bytes",
                     "Next-hop MTU of the last of these messages");
  for (const auto& [address, errors] : services) {
    const Labels labels = {{"service", address.ToString()}};
    count.Add(labels, static_cast<double>(errors.count));
    if (errors.count > 0) mtu.Add(labels, errors.mtu);
  }
  out.push_back(count.Take());
  out.push_back(mtu.Take());
}

}  // namespace l275
