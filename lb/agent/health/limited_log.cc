#include "lb/agent/health/limited_log.h"

namespace l275 {

void LimitedLog::Log(const std::string& line, HealthTime now) {
  Tick(now);
  if (logged_ == lines_per_second_) {
    ++left_out_;
    return;
  }
  if (logged_++ == 0) second_ = now;
  google::LogMessage(__FILE__, __LINE__, severity_).stream() << line;
}

void LimitedLog::Tick(HealthTime now) {
  if (logged_ == 0 || now - second_ < std::chrono::seconds(1)) return;
  LOG_IF(WARNING, left_out_ > 0)
      << left_out_ << " more " << things_ << " are not logged: at most "
      << lines_per_second_ << " are in a second";
  logged_ = 0;
  left_out_ = 0;
}

}  // namespace l275
