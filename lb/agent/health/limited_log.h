#ifndef L275_LB_AGENT_HEALTH_LIMITED_LOG_H_
#define L275_LB_AGENT_HEALTH_LIMITED_LOG_H_

#include <glog/logging.h>

#include <cstdint>
#include <string>
#include <utility>

#include "lb/agent/health/health_time.h"

namespace l275 {

// Lines that strangers can cause, as beacons can be forged: logs so many a
// second, and then one that tells how many were left out. Reads no clock: the
// caller says what time it is.
class LimitedLog {
 public:
  // `things` are what the lines tell of, for the line about those left out:
  // "changes of state".
  explicit LimitedLog(std::string things, int lines_per_second = 10,
                      google::LogSeverity severity = google::GLOG_INFO)
      : things_(std::move(things)),
        lines_per_second_(lines_per_second),
        severity_(severity) {}

  void Log(const std::string& line, HealthTime now);

  // Tells of the lines left out as soon as their second is over. Log() does so
  // as well.
  void Tick(HealthTime now);

 private:
  const std::string things_;
  const int lines_per_second_;
  const google::LogSeverity severity_;
  HealthTime second_;  // when the current one began
  int logged_ = 0;     // in it
  uint64_t left_out_ = 0;
};

}  // namespace l275

#endif  // L275_LB_AGENT_HEALTH_LIMITED_LOG_H_
