#include "lb/agent/api/http_server.h"

#include <event2/http.h>

namespace l275 {
namespace {

constexpr ev_ssize_t kMaxHeaderBytes = 16 << 10;
constexpr int kTimeoutSeconds = 5;

}  // namespace

absl::StatusOr<EvhttpPtr> NewHttpServer(event_base* base, UniqueFd listener,
                                        ev_ssize_t max_body_bytes) {
  EvhttpPtr http(evhttp_new(base));
  if (http == nullptr) return absl::InternalError("evhttp_new() failed");
  if (evhttp_accept_socket(http.get(), listener.get()) != 0) {
    return absl::InternalError("evhttp_accept_socket() failed");
  }
  listener.release();
  evhttp_set_max_body_size(http.get(), max_body_bytes);
  evhttp_set_max_headers_size(http.get(), kMaxHeaderBytes);
  evhttp_set_timeout(http.get(), kTimeoutSeconds);
  return http;
}

}  // namespace l275
