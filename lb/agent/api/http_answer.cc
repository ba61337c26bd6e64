#include "lb/agent/api/http_answer.h"

#include <event2/buffer.h>

#include "absl/strings/str_cat.h"
#include "common/control/control.pb.h"
#include "common/control/json.h"

namespace l275 {
namespace {

int HttpCodeOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
      return 400;
    case absl::StatusCode::kNotFound:
      return 404;
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kFailedPrecondition:
      return 409;
    case absl::StatusCode::kResourceExhausted:
      return 507;
    case absl::StatusCode::kUnavailable:
      return 503;
    default:
      return 500;
  }
}

void AnswerErrorText(evhttp_request* request, int code,
                     const std::string& text) {
  control::Error error;
  error.set_error(text);
  AnswerText(request, code, "application/json", ToPrettyJson(error));
}

}  // namespace

void AnswerText(evhttp_request* request, int code, const char* content_type,
                const std::string& body) {
  evhttp_add_header(evhttp_request_get_output_headers(request), "Content-Type",
                    content_type);
  evbuffer_add(evhttp_request_get_output_buffer(request), body.data(),
               body.size());
  evhttp_send_reply(request, code, nullptr, nullptr);
}

void AnswerJson(evhttp_request* request,
                const google::protobuf::Message& message) {
  AnswerText(request, 200, "application/json", ToPrettyJson(message));
}

void AnswerError(evhttp_request* request, const absl::Status& status) {
  AnswerErrorText(request, HttpCodeOf(status), std::string(status.message()));
}

void AnswerStarting(evhttp_request* request) {
  AnswerError(request, absl::UnavailableError("lb_agent is starting"));
}

void AnswerWrongMethod(evhttp_request* request, const char* allowed) {
  evhttp_add_header(evhttp_request_get_output_headers(request), "Allow",
                    allowed);
  AnswerErrorText(request, 405,
                  absl::StrCat("wrong method; expected ", allowed));
}

}  // namespace l275
