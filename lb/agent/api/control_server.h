#ifndef L275_LB_AGENT_API_CONTROL_SERVER_H_
#define L275_LB_AGENT_API_CONTROL_SERVER_H_

#include <event2/event.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "lb/agent/api/controller.h"
#include "lb/agent/api/http_server.h"
#include "lb/agent/api/unix_listener.h"

namespace l275 {

// The control API: HTTP with JSON (common/control/control.proto) on a unix
// socket. Who may open the socket may do everything.
//
//   curl --unix-socket /run/l275/agent.sock http://agent/v1/status
class ControlServer {
 public:
  // `base` and `controller` outlive the server. Errors: see UnixListener.
  static absl::StatusOr<std::unique_ptr<ControlServer>> Create(
      event_base* base, const std::string& socket_path, Controller* controller);

  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

 private:
  ControlServer(UnixListener listener, std::unique_ptr<HttpServer> http);

  UnixListener listener_;
  std::unique_ptr<HttpServer> http_;
};

}  // namespace l275

#endif  // L275_LB_AGENT_API_CONTROL_SERVER_H_
