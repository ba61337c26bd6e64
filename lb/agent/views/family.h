#ifndef L275_LB_AGENT_VIEWS_FAMILY_H_
#define L275_LB_AGENT_VIEWS_FAMILY_H_

#include <prometheus/metric_family.h>

#include <string>
#include <utility>
#include <vector>

namespace l275 {

using Labels = std::vector<std::pair<std::string, std::string>>;

// Collects the samples of one metric.
class Family {
 public:
  Family(const std::string& name, const std::string& help,
         prometheus::MetricType type) {
    family_.name = name;
    family_.help = help;
    family_.type = type;
  }

  void Add(const Labels& labels, double value) {
    prometheus::ClientMetric metric;
    for (const auto& [name, label] : labels) {
      metric.label.push_back({name, label});
    }
    if (family_.type == prometheus::MetricType::Counter) {
      metric.counter.value = value;
    } else {
      metric.gauge.value = value;
    }
    family_.metric.push_back(std::move(metric));
  }

  prometheus::MetricFamily Take() { return std::move(family_); }

 private:
  prometheus::MetricFamily family_;
};

inline Family Counter(const std::string& name, const std::string& help) {
  return Family(name, help, prometheus::MetricType::Counter);
}

inline Family Gauge(const std::string& name, const std::string& help) {
  return Family(name, help, prometheus::MetricType::Gauge);
}

// A metric of one sample without labels.
inline void AddOne(Family family, double value,
                   std::vector<prometheus::MetricFamily>& out) {
  family.Add({}, value);
  out.push_back(family.Take());
}

}  // namespace l275

#endif  // L275_LB_AGENT_VIEWS_FAMILY_H_
