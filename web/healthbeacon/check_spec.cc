#include "web/healthbeacon/check_spec.h"

#include <event2/http.h>

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/event/libevent_ptr.h"
#include "common/os/status_util.h"

namespace l275 {
namespace {

constexpr uint16_t kHttpPort = 80;

absl::StatusOr<CheckSpec> ParseTcp(absl::string_view rest) {
  CheckSpec spec;
  spec.kind = CheckSpec::Kind::kTcp;
  L275_ASSIGN_OR_RETURN(spec.endpoint, Endpoint::Parse(rest));
  if (spec.endpoint.port == 0) {
    return absl::InvalidArgumentError("port 0; expected 1 to 65535");
  }
  return spec;
}

absl::StatusOr<CheckSpec> ParseExec(absl::string_view rest) {
  CheckSpec spec;
  spec.kind = CheckSpec::Kind::kExec;
  if (!absl::StartsWith(rest, "/")) {
    return absl::InvalidArgumentError(
        "expected a program's absolute path, without arguments");
  }
  spec.path = std::string(rest);
  return spec;
}

absl::StatusOr<Endpoint> EndpointOf(const evhttp_uri* uri) {
  const char* const host = evhttp_uri_get_host(uri);
  Endpoint endpoint;
  L275_ASSIGN_OR_RETURN(endpoint.address,
                        Ipv4Address::Parse(host == nullptr ? "" : host));
  const int port = evhttp_uri_get_port(uri);
  if (port == 0 || port > 65535) {
    return absl::InvalidArgumentError(
        absl::StrCat("port ", port, "; expected 1 to 65535"));
  }
  endpoint.port = port < 0 ? kHttpPort : static_cast<uint16_t>(port);
  return endpoint;
}

std::string RequestTarget(const evhttp_uri* uri) {
  const char* const path = evhttp_uri_get_path(uri);
  const char* const query = evhttp_uri_get_query(uri);
  std::string target = path == nullptr || *path == '\0' ? "/" : path;
  if (query != nullptr) absl::StrAppend(&target, "?", query);
  return target;
}

absl::StatusOr<CheckSpec> ParseHttp(const std::string& url) {
  const EvhttpUriPtr uri(evhttp_uri_parse(url.c_str()));
  if (uri == nullptr || evhttp_uri_get_userinfo(uri.get()) != nullptr ||
      evhttp_uri_get_fragment(uri.get()) != nullptr) {
    return absl::InvalidArgumentError(
        "no URL; expected one like http://127.0.0.1:80/healthz");
  }
  CheckSpec spec;
  spec.kind = CheckSpec::Kind::kHttp;
  L275_ASSIGN_OR_RETURN(spec.endpoint, EndpointOf(uri.get()));
  spec.path = RequestTarget(uri.get());
  return spec;
}

absl::StatusOr<CheckSpec> ParseKind(absl::string_view text) {
  absl::string_view rest = text;
  if (absl::ConsumePrefix(&rest, "tcp:")) return ParseTcp(rest);
  if (absl::ConsumePrefix(&rest, "exec:")) return ParseExec(rest);
  if (absl::StartsWith(text, "http://")) return ParseHttp(std::string(text));
  return absl::InvalidArgumentError(
      "expected tcp:ADDRESS:PORT, http://ADDRESS:PORT/PATH or exec:/PATH");
}

}  // namespace

absl::StatusOr<CheckSpec> CheckSpec::Parse(absl::string_view text) {
  absl::StatusOr<CheckSpec> spec = ParseKind(text);
  if (!spec.ok()) {
    return Annotate(spec.status(), absl::StrCat("\"", text, "\""));
  }
  spec->text = std::string(text);
  return spec;
}

absl::StatusOr<std::vector<CheckSpec>> ParseChecks(absl::string_view text) {
  std::vector<CheckSpec> specs;
  if (text.empty()) return specs;
  for (absl::string_view part : absl::StrSplit(text, ',')) {
    L275_ASSIGN_OR_RETURN(CheckSpec spec, CheckSpec::Parse(part));
    const auto same = [&spec](const CheckSpec& other) {
      return other.text == spec.text;
    };
    if (std::any_of(specs.begin(), specs.end(), same)) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", part, "\" appears twice"));
    }
    specs.push_back(std::move(spec));
  }
  return specs;
}

}  // namespace l275
