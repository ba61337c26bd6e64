#include "lb/agent/api/control_server.h"

#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <fcntl.h>

#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "common/control/json.h"
#include "common/os/status_util.h"
#include "lb/agent/api/http_answer.h"

namespace l275 {
namespace {

// A services file of 1,000 services with 100 backends each is about 8 MB.
constexpr ev_ssize_t kMaxBodyBytes = 64 << 20;
constexpr size_t kMaxConnections = 64;
// For what the agent opens itself, for example to save the state.
constexpr size_t kReservedDescriptors = 8;

std::string BodyOf(evhttp_request* request) {
  evbuffer* const buffer = evhttp_request_get_input_buffer(request);
  std::string body(evbuffer_get_length(buffer), '\0');
  evbuffer_copyout(buffer, body.data(), body.size());
  return body;
}

template <typename Message>
absl::StatusOr<Message> MessageOf(evhttp_request* request) {
  Message message;
  L275_RETURN_IF_ERROR(FromStrictJson(BodyOf(request), &message));
  return message;
}

// The query's parameters, "source=10.0.0.1:40000&destination=...".
class Query {
 public:
  explicit Query(evhttp_request* request) {
    const char* query =
        evhttp_uri_get_query(evhttp_request_get_evhttp_uri(request));
    evhttp_parse_query_str(query == nullptr ? "" : query, &parameters_);
  }
  ~Query() { evhttp_clear_headers(&parameters_); }
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  absl::StatusOr<Endpoint> GetEndpoint(const char* name) const {
    const char* value = evhttp_find_header(&parameters_, name);
    if (value == nullptr) {
      return absl::InvalidArgumentError(absl::StrCat(
          "parameter ", name, " is missing; expected ADDRESS:PORT"));
    }
    absl::StatusOr<Endpoint> endpoint = Endpoint::Parse(value);
    if (!endpoint.ok()) return Annotate(endpoint.status(), name);
    return endpoint;
  }

  // False when it is not there.
  absl::StatusOr<bool> GetFlag(const char* name) const {
    const char* value = evhttp_find_header(&parameters_, name);
    if (value == nullptr) return false;
    const absl::string_view text = value;
    if (text == "true" || text == "false") return text == "true";
    return absl::InvalidArgumentError(absl::StrCat(
        "parameter ", name, ": \"", text, "\"; expected true or false"));
  }

 private:
  evkeyvalq parameters_ = {};
};

absl::StatusOr<control::Explanation> ExplainQuery(evhttp_request* request,
                                                  Controller& controller) {
  const Query query(request);
  L275_ASSIGN_OR_RETURN(const Endpoint source, query.GetEndpoint("source"));
  L275_ASSIGN_OR_RETURN(const Endpoint destination,
                        query.GetEndpoint("destination"));
  return controller.Explain(source, destination);
}

absl::StatusOr<control::ChangeReply> ChangeBody(evhttp_request* request,
                                                Controller& controller) {
  L275_ASSIGN_OR_RETURN(const auto change, MessageOf<control::Change>(request));
  return controller.Change(change);
}

absl::StatusOr<control::ChangeReply> ApplyBody(evhttp_request* request,
                                               Controller& controller) {
  L275_ASSIGN_OR_RETURN(const auto services,
                        MessageOf<control::Services>(request));
  const Query query(request);
  ApplyOptions options;
  L275_ASSIGN_OR_RETURN(options.dry_run, query.GetFlag("dry_run"));
  L275_ASSIGN_OR_RETURN(options.allow_empty, query.GetFlag("allow_empty"));
  return controller.Apply(services, options);
}

struct Route {
  const char* path;
  evhttp_cmd_type method;
  void (*serve)(evhttp_request*, Controller&);
};

constexpr Route kRoutes[] = {
    {"/v1/status", EVHTTP_REQ_GET,
     [](evhttp_request* r, Controller& c) { Answer(r, c.GetStatus()); }},
    {"/v1/ready", EVHTTP_REQ_GET,
     [](evhttp_request* r, Controller& c) { AnswerJson(r, c.GetReadiness()); }},
    {"/v1/services", EVHTTP_REQ_GET,
     [](evhttp_request* r, Controller& c) { Answer(r, c.GetServices()); }},
    {"/v1/nexthops", EVHTTP_REQ_GET,
     [](evhttp_request* r, Controller& c) { AnswerJson(r, c.GetNextHops()); }},
    {"/v1/stats", EVHTTP_REQ_GET,
     [](evhttp_request* r, Controller& c) { Answer(r, c.GetStats()); }},
    {"/v1/health", EVHTTP_REQ_GET,
     [](evhttp_request* r, Controller& c) {
       AnswerJson(r, c.GetHealthStates());
     }},
    {"/v1/config", EVHTTP_REQ_GET,
     [](evhttp_request* r, Controller& c) { AnswerJson(r, c.GetConfig()); }},
    {"/v1/explain", EVHTTP_REQ_GET,
     [](evhttp_request* r, Controller& c) { Answer(r, ExplainQuery(r, c)); }},
    {"/v1/change", EVHTTP_REQ_POST,
     [](evhttp_request* r, Controller& c) { Answer(r, ChangeBody(r, c)); }},
    {"/v1/apply", EVHTTP_REQ_POST,
     [](evhttp_request* r, Controller& c) { Answer(r, ApplyBody(r, c)); }},
};

// "GET /v1/status, ..., POST /v1/apply".
std::string RouteNames() {
  return absl::StrJoin(kRoutes, ", ", [](std::string* out, const Route& route) {
    absl::StrAppend(out, route.method == EVHTTP_REQ_GET ? "GET " : "POST ",
                    route.path);
  });
}

void Serve(evhttp_request* request, void* controller) {
  const char* uri_path =
      evhttp_uri_get_path(evhttp_request_get_evhttp_uri(request));
  const std::string path = uri_path == nullptr ? "" : uri_path;
  for (const Route& route : kRoutes) {
    if (path != route.path) continue;
    if (evhttp_request_get_command(request) != route.method) {
      return AnswerWrongMethod(request,
                               route.method == EVHTTP_REQ_GET ? "GET" : "POST");
    }
    Controller& served = *static_cast<Controller*>(controller);
    if (served.IsStarting()) return AnswerStarting(request);
    return route.serve(request, served);
  }
  AnswerError(request, absl::NotFoundError(absl::StrCat(
                           "there is no \"", path,
                           "\" in the control API; there are ", RouteNames())));
}

}  // namespace

absl::StatusOr<std::unique_ptr<ControlServer>> ControlServer::Create(
    event_base* base, const std::string& socket_path, Controller* controller) {
  L275_ASSIGN_OR_RETURN(UnixListener listener,
                        UnixListener::Create(socket_path));
  // The HTTP server closes the descriptor that it is given, and the listener
  // its own.
  UniqueFd fd(fcntl(listener.fd(), F_DUPFD_CLOEXEC, 0));
  if (!fd) return ErrnoStatus(errno, "fcntl(F_DUPFD_CLOEXEC)");
  L275_ASSIGN_OR_RETURN(
      std::unique_ptr<HttpServer> http,
      HttpServer::Create(
          base, std::move(fd),
          {socket_path, kMaxBodyBytes, kMaxConnections, kReservedDescriptors}));
  evhttp_set_gencb(http->get(), Serve, controller);
  return std::unique_ptr<ControlServer>(
      new ControlServer(std::move(listener), std::move(http)));
}

ControlServer::ControlServer(UnixListener listener,
                             std::unique_ptr<HttpServer> http)
    : listener_(std::move(listener)), http_(std::move(http)) {}

}  // namespace l275
