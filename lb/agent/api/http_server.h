#ifndef L275_LB_AGENT_API_HTTP_SERVER_H_
#define L275_LB_AGENT_API_HTTP_SERVER_H_

#include <event2/event.h>

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/event/libevent_ptr.h"
#include "common/os/unique_fd.h"
#include "lb/agent/api/accept_pause.h"

namespace l275 {

// libevent's HTTP server on a listening socket, bounded against clients that
// send much or nothing, or come in crowds: headers of 16 KiB, five seconds of
// silence, and as the options say. Over a bound it pauses, and clients wait.
//
// The loop outlives it. Runs on the loop's thread.
class HttpServer {
 public:
  struct Options {
    std::string name;  // the listener's, in the log
    ev_ssize_t max_body_bytes = 0;
    size_t max_connections = 0;
    // File descriptors of the process that its connections leave free for
    // others.
    size_t reserved_descriptors = 0;
  };

  // `listener` is non-blocking.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Create(
      event_base* base, UniqueFd listener, const Options& options);
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  evhttp* get() { return http_.get(); }

 private:
  HttpServer(event_base* base, EvhttpPtr http, evconnlistener* listener,
             const Options& options);
  void OnConnection();
  bool HasRoom();

  const Options options_;
  const EvhttpPtr http_;            // owns the listener
  evconnlistener* const listener_;  // before http_ goes
  size_t most_ = 0;                 // connections that there can be
  AcceptPause pause_;
};

}  // namespace l275

#endif  // L275_LB_AGENT_API_HTTP_SERVER_H_
