#ifndef L275_LB_AGENT_API_HTTP_ANSWER_H_
#define L275_LB_AGENT_API_HTTP_ANSWER_H_

#include <event2/http.h>
#include <google/protobuf/message.h>

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace l275 {

// Ends a request of libevent's HTTP server.

void AnswerText(evhttp_request* request, int code, const char* content_type,
                const std::string& body);

// 200 with the message as JSON.
void AnswerJson(evhttp_request* request,
                const google::protobuf::Message& message);

// The HTTP code that fits the status, and a control::Error.
void AnswerError(evhttp_request* request, const absl::Status& status);

// 503: try again in a moment.
void AnswerStarting(evhttp_request* request);

// 405, with the method that is allowed.
void AnswerWrongMethod(evhttp_request* request, const char* allowed);

template <typename Message>
void Answer(evhttp_request* request, const absl::StatusOr<Message>& result) {
  if (result.ok()) {
    AnswerJson(request, *result);
  } else {
    AnswerError(request, result.status());
  }
}

}  // namespace l275

#endif  // L275_LB_AGENT_API_HTTP_ANSWER_H_
