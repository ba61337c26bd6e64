#include "lb/agent/api/metrics_server.h"

#include <event2/http.h>

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/os/status_util.h"
#include "lb/agent/api/http_answer.h"
#include "lb/agent/api/tcp_listener.h"

namespace l275 {
namespace {

// Requests to read have no body.
constexpr ev_ssize_t kMaxBodyBytes = 1024;
// A Prometheus server has one or two.
constexpr size_t kMaxConnections = 64;
// For the control socket, peers, and what the agent opens itself.
constexpr size_t kReservedDescriptors = 48;

void ServeMetrics(evhttp_request* request, void* server) {
  Controller& controller = *static_cast<Controller*>(server);
  if (controller.IsStarting()) return AnswerStarting(request);
  const absl::StatusOr<std::string> metrics = controller.GetMetrics();
  if (!metrics.ok()) return AnswerError(request, metrics.status());
  AnswerText(request, 200, "text/plain; version=0.0.4; charset=utf-8",
             *metrics);
}

void ServeHealth(evhttp_request* request, void* server) {
  Controller& controller = *static_cast<Controller*>(server);
  if (controller.IsStarting()) return AnswerStarting(request);
  const absl::Status health = controller.GetHealth();
  if (health.ok()) return AnswerText(request, 200, "text/plain", "ok\n");
  AnswerText(request, 503, "text/plain", absl::StrCat(health.message(), "\n"));
}

void ServeOther(evhttp_request* request, void*) {
  AnswerText(request, 404, "text/plain", "here are /metrics and /healthz\n");
}

}  // namespace

absl::StatusOr<std::unique_ptr<MetricsServer>> MetricsServer::Create(
    event_base* base, const Endpoint& listen, Controller* controller) {
  L275_ASSIGN_OR_RETURN(UniqueFd listener, ListenTcp(listen));
  L275_ASSIGN_OR_RETURN(
      std::unique_ptr<HttpServer> server,
      HttpServer::Create(base, std::move(listener),
                         {listen.ToString(), kMaxBodyBytes, kMaxConnections,
                          kReservedDescriptors}));
  evhttp* const http = server->get();
  evhttp_set_allowed_methods(http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD);
  if (evhttp_set_cb(http, "/metrics", ServeMetrics, controller) != 0 ||
      evhttp_set_cb(http, "/healthz", ServeHealth, controller) != 0) {
    return absl::InternalError("evhttp_set_cb() failed");
  }
  evhttp_set_gencb(http, ServeOther, nullptr);
  return std::unique_ptr<MetricsServer>(new MetricsServer(std::move(server)));
}

MetricsServer::MetricsServer(std::unique_ptr<HttpServer> http)
    : http_(std::move(http)) {}

}  // namespace l275
