#include "common/event/libevent_log.h"

#include <event2/event.h>
#include <glog/logging.h>

#include <chrono>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/event/limited_log.h"

namespace l275 {
namespace {

// Clients can cause its warnings, and it repeats some on each turn of the loop.
LimitedLog& Limited() {
  static auto* const log = new LimitedLog(
      "messages of libevent", 10, google::GLOG_INFO, std::chrono::seconds(60));
  return *log;
}

void Log(int severity, const char* message) {
  const std::string line = absl::StrCat("libevent: ", message);
  const LimitedLog::TimePoint now = std::chrono::steady_clock::now();
  switch (severity) {
    case EVENT_LOG_DEBUG:
      VLOG(1) << line;
      return;
    case EVENT_LOG_MSG:
      return Limited().Log(google::GLOG_INFO, line, now);
    case EVENT_LOG_WARN:
      return Limited().Log(google::GLOG_WARNING, line, now);
    default:  // EVENT_LOG_ERR, after which libevent ends the program
      LOG(ERROR) << line;
  }
}

}  // namespace

void RouteLibeventLog() { event_set_log_callback(Log); }

}  // namespace l275
