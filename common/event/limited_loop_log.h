#ifndef L275_COMMON_EVENT_LIMITED_LOOP_LOG_H_
#define L275_COMMON_EVENT_LIMITED_LOOP_LOG_H_

#include <event2/event.h>
#include <glog/logging.h>

#include <chrono>
#include <string>

#include "absl/functional/function_ref.h"
#include "common/event/limited_log.h"
#include "common/event/timer.h"

namespace l275 {

// A LimitedLog on an event loop: reads the clock itself, and reports the lines
// left out from a timer, also when no further line comes.
//
//   LimitedLoopLog log(base, "rejected connections", google::GLOG_WARNING);
//   log.Log("rejecting a connection from 10.0.0.7");
//
// The loop outlives it. Runs on the loop's thread.
class LimitedLoopLog {
 public:
  // A stranger who does nothing else writes this much: 2 MB a day.
  static constexpr int kLines = 10;
  static constexpr std::chrono::seconds kWindow{60};

  LimitedLoopLog(event_base* base, std::string things,
                 google::LogSeverity severity = google::GLOG_INFO,
                 int lines = kLines, std::chrono::seconds window = kWindow);
  LimitedLoopLog(const LimitedLoopLog&) = delete;
  LimitedLoopLog& operator=(const LimitedLoopLog&) = delete;

  void Log(const std::string& line);
  void Log(google::LogSeverity severity, const std::string& line);
  // For a line that costs time: it is made only when it is logged.
  void LogLazily(absl::FunctionRef<std::string()> line);

 private:
  void ArmIfFirst();
  void OnTimer();

  LimitedLog log_;
  Timer timer_;  // runs while lines are left out
};

}  // namespace l275

#endif  // L275_COMMON_EVENT_LIMITED_LOOP_LOG_H_
