#ifndef L275_COMMON_EVENT_LIBEVENT_LOG_H_
#define L275_COMMON_EVENT_LIBEVENT_LOG_H_

namespace l275 {

// Sends what libevent says, to stderr of itself, to this program's log: at the
// level that it has there, and its debug lines at verbosity 1 (--v=1).
void RouteLibeventLog();

}  // namespace l275

#endif  // L275_COMMON_EVENT_LIBEVENT_LOG_H_
