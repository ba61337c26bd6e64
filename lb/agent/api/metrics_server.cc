#include "lb/agent/api/metrics_server.h"

#include <event2/http.h>

#include <cerrno>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status_util.h"
#include "lb/agent/api/http_answer.h"

namespace l275 {
namespace {

void ServeMetrics(evhttp_request* request, void* controller) {
  const absl::StatusOr<std::string> metrics =
      static_cast<Controller*>(controller)->GetMetrics();
  if (!metrics.ok()) return AnswerError(request, metrics.status());
  AnswerText(request, 200, "text/plain; version=0.0.4; charset=utf-8",
             *metrics);
}

void ServeHealth(evhttp_request* request, void*) {
  AnswerText(request, 200, "text/plain", "ok\n");
}

void ServeOther(evhttp_request* request, void*) {
  AnswerText(request, 404, "text/plain", "here are /metrics and /healthz\n");
}

}  // namespace

absl::StatusOr<std::unique_ptr<MetricsServer>> MetricsServer::Create(
    event_base* base, const Endpoint& listen, Controller* controller) {
  EvhttpPtr http(evhttp_new(base));
  if (http == nullptr) return absl::InternalError("evhttp_new() failed");
  evhttp_set_allowed_methods(http.get(), EVHTTP_REQ_GET | EVHTTP_REQ_HEAD);
  if (evhttp_bind_socket(http.get(), listen.address.ToString().c_str(),
                         listen.port) != 0) {
    return ErrnoStatus(errno, absl::StrCat("listening on ", listen.ToString()));
  }
  if (evhttp_set_cb(http.get(), "/metrics", ServeMetrics, controller) != 0 ||
      evhttp_set_cb(http.get(), "/healthz", ServeHealth, nullptr) != 0) {
    return absl::InternalError("evhttp_set_cb() failed");
  }
  evhttp_set_gencb(http.get(), ServeOther, nullptr);
  return std::unique_ptr<MetricsServer>(new MetricsServer(std::move(http)));
}

MetricsServer::MetricsServer(EvhttpPtr http) : http_(std::move(http)) {}

}  // namespace l275
