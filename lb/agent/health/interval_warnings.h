#ifndef L275_LB_AGENT_HEALTH_INTERVAL_WARNINGS_H_
#define L275_LB_AGENT_HEALTH_INTERVAL_WARNINGS_H_

#include <chrono>
#include <map>
#include <set>

#include "common/event/limited_log.h"
#include "lb/agent/health/health_subject.h"
#include "lb/agent/health/health_time.h"

namespace l275 {

// Warns of senders whose interval is more than a third of the timeout: less
// than room for two lost beacons. Quiet while the interval is the one warned
// of; a sender that alternates is heard of at most once a minute, and of all
// senders together there are ten lines in a minute at most.
class IntervalWarnings {
 public:
  // A beacon that announces `interval`; the one before announced `last`.
  void OnBeacon(const HealthSubject& subject,
                std::chrono::milliseconds interval,
                std::chrono::milliseconds last,
                std::chrono::milliseconds timeout, HealthTime now);

  // Logs how many were left out, once their minute is over.
  void Tick(HealthTime now) { log_.Tick(now); }

  // Forgets all others.
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
