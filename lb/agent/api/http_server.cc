#include "lb/agent/api/http_server.h"

#include <event2/http.h>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "lb/agent/api/descriptors.h"

namespace l275 {
namespace {

constexpr ev_ssize_t kMaxHeaderBytes = 16 << 10;
constexpr int kTimeoutSeconds = 5;

}  // namespace

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Create(
    event_base* base, UniqueFd listener, const Options& options) {
  EvhttpPtr http(evhttp_new(base));
  if (http == nullptr) return absl::InternalError("evhttp_new() failed");
  evhttp_bound_socket* const bound =
      evhttp_accept_socket_with_handle(http.get(), listener.get());
  if (bound == nullptr) {
    return absl::InternalError("evhttp_accept_socket_with_handle() failed");
  }
  (void)listener.release();  // the server's now
  evhttp_set_max_body_size(http.get(), options.max_body_bytes);
  evhttp_set_max_headers_size(http.get(), kMaxHeaderBytes);
  evhttp_set_timeout(http.get(), kTimeoutSeconds);
  return absl::WrapUnique(new HttpServer(
      base, std::move(http), evhttp_bound_socket_get_listener(bound), options));
}

HttpServer::HttpServer(event_base* base, EvhttpPtr http,
                       evconnlistener* listener, const Options& options)
    : options_(options),
      http_(std::move(http)),
      listener_(listener),
      pause_(base, listener, options.name, [this] { return HasRoom(); }) {
  // Called for each connection that was accepted; null: libevent makes the
  // buffers itself.
  evhttp_set_bevcb(
      http_.get(),
      [](event_base*, void* self) -> bufferevent* {
        static_cast<HttpServer*>(self)->OnConnection();
        return nullptr;
      },
      this);
}

// Nobody says when a connection ends, so they are counted only when there may
// be too many.
void HttpServer::OnConnection() {
  ++most_;
  if (HasRoom()) return;
  pause_.Pause(most_ < options_.max_connections
                   ? absl::StrCat("only ", options_.reserved_descriptors,
                                  " file descriptors are left, which are kept "
                                  "for others")
                   : absl::StrCat("it has ", most_, ", the most it may have"));
}

bool HttpServer::HasRoom() {
  if (most_ >= options_.max_connections) {
    most_ = CountConnections(evconnlistener_get_fd(listener_));
  }
  return most_ < options_.max_connections &&
         HasFreeDescriptors(options_.reserved_descriptors + 1);
}

}  // namespace l275
