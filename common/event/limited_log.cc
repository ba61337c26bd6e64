#include "common/event/limited_log.h"

#include "absl/strings/str_cat.h"

namespace l275 {
namespace {

std::string NameOf(std::chrono::seconds window) {
  return window.count() == 1 ? "a second"
                             : absl::StrCat(window.count(), " seconds");
}

}  // namespace

void LimitedLog::Log(google::LogSeverity severity, const std::string& line,
                     TimePoint now) {
  if (!Admit(now)) return;
  google::LogMessage(__FILE__, __LINE__, severity).stream() << line;
}

void LimitedLog::LogLazily(absl::FunctionRef<std::string()> line,
                           TimePoint now) {
  if (!Admit(now)) return;
  google::LogMessage(__FILE__, __LINE__, severity_).stream() << line();
}

bool LimitedLog::Admit(TimePoint now) {
  Tick(now);
  if (logged_ == lines_) {
    ++left_out_;
    return false;
  }
  if (logged_++ == 0) begin_ = now;
  return true;
}

void LimitedLog::Tick(TimePoint now) {
  if (logged_ == 0 || now < window_end()) return;
  LOG_IF(WARNING, left_out_ > 0)
      << left_out_ << " more " << things_ << " are not logged: at most "
      << lines_ << " are in " << NameOf(window_);
  logged_ = 0;
  left_out_ = 0;
}

}  // namespace l275
