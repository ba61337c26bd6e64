#ifndef L275_WEB_HEALTHBEACON_HTTP_CHECK_H_
#define L275_WEB_HEALTHBEACON_HTTP_CHECK_H_

#include <event2/event.h>
#include <event2/http.h>

#include <optional>
#include <string>

#include "common/event/libevent_ptr.h"
#include "common/net/endpoint.h"
#include "web/healthbeacon/check.h"

namespace l275 {

// Whether a GET is answered with status 2xx or 3xx. Each time on a connection
// of its own, which it closes as soon as the answer's headers, of at most
// kMaxHeaderBytes, are there: an answer's body costs nothing, however long.
class HttpCheck : public Check {
 public:
  static constexpr ssize_t kMaxHeaderBytes = 16'384;

  struct Options {
    Endpoint endpoint;
    std::string target;  // of the request: "/healthz"
    std::string host;    // the Host header
  };

  HttpCheck(event_base* base, Options options);

  void Start(Done done) override;
  void Cancel() override;

 private:
  evhttp_request* NewRequest();
  int OnHeaders(evhttp_request* request);
  void OnEnd();

  event_base* const base_;
  const Options options_;
  Done done_;                                // while one runs
  std::optional<int> status_;                // of the answer, once it is there
  std::optional<evhttp_request_error> why_;  // there is none, if known
  EvhttpConnectionPtr connection_;
};

}  // namespace l275

#endif  // L275_WEB_HEALTHBEACON_HTTP_CHECK_H_
