#ifndef L275_LB_AGENT_HEALTH_INTERVAL_WARNINGS_H_
#define L275_LB_AGENT_HEALTH_INTERVAL_WARNINGS_H_

#include <chrono>
#include <map>
#include <set>

#include "common/event/limited_log.h"
#include "lb/agent/health/health_subject.h"
#include "lb/agent/health/health_time.h"

namespace l275 {

// Warns of senders whose interval is more than a third of the timeout: two lost
// beacons would make them silent. Warns once of each interval; of a sender that
// alternates between intervals at most once a minute; and logs at most ten
// lines a minute for all senders together.
class IntervalWarnings {
 public:
  // A beacon of `subject` announced `interval`; the one before it, `last`.
  void OnBeacon(const HealthSubject& subject,
                std::chrono::milliseconds interval,
                std::chrono::milliseconds last,
                std::chrono::milliseconds timeout, HealthTime now);

  // Logs how many warnings were left out, once their minute is over.
  void Tick(HealthTime now) { log_.Tick(now); }

  // Forgets all other subjects.
  void Keep(const std::set<HealthSubject>& subjects);

 private:
  struct Warning {
    HealthTime at;
    std::chrono::milliseconds interval;
  };

  std::map<HealthSubject, Warning> last_;
  LimitedLog log_{"warnings of intervals", 10, google::GLOG_WARNING,
                  std::chrono::seconds(60)};
};

}  // namespace l275

#endif  // L275_LB_AGENT_HEALTH_INTERVAL_WARNINGS_H_
