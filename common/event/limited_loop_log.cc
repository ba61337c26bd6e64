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
      timer_(evtimer_new(
          base,
          [](evutil_socket_t, short, void* self) {
            static_cast<LimitedLoopLog*>(self)->OnTimer();
          },
          this)) {
  CHECK(timer_ != nullptr) << "evtimer_new() failed";
}

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

// The first line left out arms the timer, the others find it pending.
void LimitedLoopLog::ArmIfFirst() {
  if (log_.left_out() == 1) OnTimer();
}

void LimitedLoopLog::OnTimer() {
  const LimitedLog::TimePoint now = Now();
  log_.Tick(now);
  if (log_.left_out() == 0) return;
  // Rounded up, so that the window is over when the timer fires.
  const auto delay =
      std::chrono::ceil<std::chrono::microseconds>(log_.window_end() - now);
  timeval value;
  value.tv_sec = delay.count() / 1'000'000;
  value.tv_usec = delay.count() % 1'000'000;
  CHECK_EQ(evtimer_add(timer_.get(), &value), 0);
}

}  // namespace l275
