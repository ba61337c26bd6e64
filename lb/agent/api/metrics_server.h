#ifndef L275_LB_AGENT_API_METRICS_SERVER_H_
#define L275_LB_AGENT_API_METRICS_SERVER_H_

#include <event2/event.h>

#include <memory>

#include "absl/status/statusor.h"
#include "common/net/endpoint.h"
#include "lb/agent/api/controller.h"
#include "lb/agent/api/http_server.h"

namespace l275 {

// HTTP for monitoring, read-only: /metrics in the Prometheus text format, and
// /healthz, which answers 200 as long as the event loop runs and the program is
// attached everywhere that it should be, and 503 with the reason otherwise.
class MetricsServer {
 public:
  // `base` and `controller` outlive the server. An error names the address.
  static absl::StatusOr<std::unique_ptr<MetricsServer>> Create(
      event_base* base, const Endpoint& listen, Controller* controller);

  MetricsServer(const MetricsServer&) = delete;
  MetricsServer& operator=(const MetricsServer&) = delete;

 private:
  explicit MetricsServer(std::unique_ptr<HttpServer> http);

  std::unique_ptr<HttpServer> http_;
};

}  // namespace l275

#endif  // L275_LB_AGENT_API_METRICS_SERVER_H_
