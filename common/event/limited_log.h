#ifndef L275_COMMON_EVENT_LIMITED_LOG_H_
#define L275_COMMON_EVENT_LIMITED_LOG_H_

#include <glog/logging.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/functional/function_ref.h"

namespace l275 {

// Log lines that a stranger can cause, by forged beacons for example. Logs at
// most `lines` of them in each `window`, then one line that says how many were
// left out. Reads no clock: the caller passes the time. Where an event loop
// runs, LimitedLoopLog is easier to use.
class LimitedLog {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  // `things` says in the plural what the lines are about, for the line about
  // those left out: "changes of state".
  explicit LimitedLog(std::string things, int lines = 10,
                      google::LogSeverity severity = google::GLOG_INFO,
                      std::chrono::seconds window = std::chrono::seconds(1))
      : things_(std::move(things)),
        lines_(lines),
        severity_(severity),
        window_(window) {}

  void Log(const std::string& line, TimePoint now) {
    Log(severity_, line, now);
  }
  void Log(google::LogSeverity severity, const std::string& line,
           TimePoint now);
  // For a line that costs time: it is made only when it is logged.
  void LogLazily(absl::FunctionRef<std::string()> line, TimePoint now);

  // Reports the lines left out, once their window is over. Log() does so too.
  void Tick(TimePoint now);

  // When Tick() has something to report. Only valid while left_out() > 0.
  TimePoint window_end() const { return begin_ + window_; }
  uint64_t left_out() const { return left_out_; }

 private:
  bool Admit(TimePoint now);

  const std::string things_;
  const int lines_;
  const google::LogSeverity severity_;
  const std::chrono::seconds window_;
  TimePoint begin_;  // of the current window
  int logged_ = 0;   // in the current window
  uint64_t left_out_ = 0;
};

}  // namespace l275

#endif  // L275_COMMON_EVENT_LIMITED_LOG_H_
