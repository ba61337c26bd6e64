#include "common/libevent_log.h"

#include <event2/event.h>
#include <glog/logging.h>

namespace l275 {
namespace {

void Log(int severity, const char* message) {
  switch (severity) {
    case EVENT_LOG_DEBUG:
      VLOG(1) << "libevent: " << message;
      return;
    case EVENT_LOG_MSG:
      LOG(INFO) << "libevent: " << message;
      return;
    case EVENT_LOG_WARN:
      LOG(WARNING) << "libevent: " << message;
      return;
    default:  // EVENT_LOG_ERR, after which libevent ends the program
      LOG(ERROR) << "libevent: " << message;
  }
}

}  // namespace

void RouteLibeventLog() { event_set_log_callback(Log); }

}  // namespace l275
