#include "web/healthbeacon/http_check.h"

#include <glog/logging.h>

#include <utility>

#include "absl/strings/str_cat.h"

namespace l275 {
namespace {

constexpr int kContinue = 100;

absl::Status JudgeStatus(int status) {
  if (status >= 200 && status <= 399) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat("status ", status));
}

const char* Describe(evhttp_request_error error) {
  switch (error) {
    case EVREQ_HTTP_TIMEOUT:
      return "no answer in time";
    case EVREQ_HTTP_EOF:
      return "the connection was closed before an answer";
    case EVREQ_HTTP_INVALID_HEADER:
      return "an answer that is no HTTP, or with too long headers";
    case EVREQ_HTTP_BUFFER_ERROR:
      return "the connection broke";
    case EVREQ_HTTP_REQUEST_CANCEL:
      return "the request was cancelled";
    case EVREQ_HTTP_DATA_TOO_LONG:
      return "a too long answer";
  }
  return "no answer";
}

}  // namespace

HttpCheck::HttpCheck(event_base* base, Options options)
    : base_(base), options_(std::move(options)) {}

void HttpCheck::Start(Done done) {
  done_ = std::move(done);
  status_.reset();
  why_.reset();
  // Not in OnEnd(): libevent still needs it there.
  connection_.reset(evhttp_connection_base_new(
      base_, nullptr, options_.endpoint.address.ToString().c_str(),
      options_.endpoint.port));
  CHECK(connection_ != nullptr) << "evhttp_connection_base_new()";
  evhttp_connection_set_max_headers_size(connection_.get(), kMaxHeaderBytes);
  if (evhttp_make_request(connection_.get(), NewRequest(), EVHTTP_REQ_GET,
                          options_.target.c_str()) != 0 &&
      done_) {
    OnEnd();
  }
}

void HttpCheck::Cancel() {
  done_ = nullptr;
  connection_.reset();
}

// The connection owns it.
evhttp_request* HttpCheck::NewRequest() {
  evhttp_request* const request = evhttp_request_new(
      [](evhttp_request*, void* self) {
        static_cast<HttpCheck*>(self)->OnEnd();
      },
      this);
  CHECK(request != nullptr) << "evhttp_request_new()";
  // Both get the argument of the callback above.
  evhttp_request_set_header_cb(request, [](evhttp_request* answer, void* self) {
    return static_cast<HttpCheck*>(self)->OnHeaders(answer);
  });
  evhttp_request_set_error_cb(request,
                              [](evhttp_request_error error, void* self) {
                                static_cast<HttpCheck*>(self)->why_ = error;
                              });
  evkeyvalq* const headers = evhttp_request_get_output_headers(request);
  evhttp_add_header(headers, "Host", options_.host.c_str());
  evhttp_add_header(headers, "User-Agent", "l275-healthbeacon");
  evhttp_add_header(headers, "Connection", "close");
  return request;
}

// Says that there is no need of the rest, which ends in OnEnd() at once; but
// waits for what follows a "100 Continue" (RFC 9110, 15.2).
int HttpCheck::OnHeaders(evhttp_request* request) {
  const int status = evhttp_request_get_response_code(request);
  if (status == kContinue) return 0;
  status_ = status;
  return -1;
}

void HttpCheck::OnEnd() {
  const Done done = std::move(done_);
  done_ = nullptr;
  if (status_) return done(JudgeStatus(*status_));
  // libevent reports why there is no answer, but not why no connection.
  done(absl::UnavailableError(why_ ? Describe(*why_) : "cannot connect"));
}

}  // namespace l275
