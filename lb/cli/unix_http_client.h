#ifndef L275_LB_CLI_UNIX_HTTP_CLIENT_H_
#define L275_LB_CLI_UNIX_HTTP_CLIENT_H_

#include <curl/curl.h>

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace l275 {

// HTTP/1.1 over a unix socket, by libcurl (libevent 2.1's client cannot):
// one request at a time, waits for the answer, at most `timeout_ms`.
//
//   UnixHttpClient client("/run/l275/agent.sock", 5000);
//   auto answer = client.Get("/v1/status");
//
// Errors, each one line that names the socket:
//   NotFound           nobody listens there
//   PermissionDenied   somebody does, but not for us
//   DeadlineExceeded   no (whole) answer in time; a request may yet take effect
//   Unavailable        the connection broke, or does not speak HTTP
// An answer of any HTTP status is OK here. For one thread.
class UnixHttpClient {
 public:
  struct Answer {
    long http_status = 0;
    std::string body;
  };

  UnixHttpClient(absl::string_view socket_path, long timeout_ms);

  absl::StatusOr<Answer> Get(const std::string& path_and_query) const;
  absl::StatusOr<Answer> PostJson(const std::string& path,
                                  const std::string& json) const;

 private:
  // GET without a `json` body, POST with one.
  absl::StatusOr<Answer> Send(const std::string& path_and_query,
                              const std::string* json) const;
  absl::Status Explain(CURL* curl, CURLcode code, bool is_post) const;
  absl::Status ExplainConnect(int error_number) const;

  const std::string socket_path_;
  const long timeout_ms_;
};

}  // namespace l275

#endif  // L275_LB_CLI_UNIX_HTTP_CLIENT_H_
