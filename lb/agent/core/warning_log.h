#ifndef L275_LB_AGENT_CORE_WARNING_LOG_H_
#define L275_LB_AGENT_CORE_WARNING_LOG_H_

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "common/control/control.pb.h"
#include "common/event/limited_log.h"
#include "lb/agent/health/health_time.h"

namespace l275 {

// Logs each warning once when it begins and once when it is over:
//
//   warning: 10.0.0.200: split brain, ...
//   over: 10.0.0.200: split brain, ...
//
// Two warnings are the same when check and subject are; the text may change
// meanwhile, as with a number in it. Reads no clock.
class WarningLog {
 public:
  // All warnings of this moment.
  void Update(const std::vector<control::Warning>& warnings, HealthTime now);

 private:
  using Key = std::pair<std::string, std::string>;  // check, subject

  std::map<Key, std::string> current_;  // to their newest text
  LimitedLog begun_{"warnings", 100, google::GLOG_WARNING};
  LimitedLog over_{"ends of warnings", 100};
};

}  // namespace l275

#endif  // L275_LB_AGENT_CORE_WARNING_LOG_H_
