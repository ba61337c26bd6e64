#include "common/event/limited_loop_log.h"

#include <utility>

namespace l275 {
namespace {

LimitedLog::TimePoint Now() { return std::chrono::steady_clock::now(); }

}  // namespace

LimitedLoopLog::LimitedLoopLog(event_base* base, std::string things,
                               google::LogSeverity severity, int lines,
                               std::chrono::seconds window)
    : log_(std::move(things), lines, severity, window),
      timer_(base, [this] { OnTimer(); }) {}

void LimitedLoopLog::Log(const std::string& line) {
  log_.Log(line, Now());
  ArmIfFirst();
}

void LimitedLoopLog::Log(google::LogSeverity severity,
                         const std::string& line) {
  log_.Log(severity, line, Now());
  ArmIfFirst();
}

void LimitedLoopLog::LogLazily(absl::FunctionRef<std::string()> line) {
  log_.LogLazily(line, Now());
  ArmIfFirst();
}

// The first line left out starts the timer, the others find it running.
void LimitedLoopLog::ArmIfFirst() {
  if (log_.left_out() == 1) OnTimer();
}

void LimitedLoopLog::OnTimer() {
  log_.Tick(Now());
  if (log_.left_out() > 0) timer_.StartAt(log_.window_end());
}

}  // namespace l275
