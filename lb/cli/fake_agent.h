#ifndef L275_LB_CLI_FAKE_AGENT_H_
#define L275_LB_CLI_FAKE_AGENT_H_

#include <event2/http.h>

#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "common/event/fd_watch.h"
#include "common/event/libevent_ptr.h"
#include "common/os/unique_fd.h"

namespace l275 {

// For tests of lbctl: a real HTTP server on a unix socket with the answers that
// it is given, so that every answer an agent could give can be had at will.
// Answers from a thread of its own between the constructor and the destructor,
// which also removes the socket.
class FakeAgent {
 public:
  struct Answer {
    int http_status = 200;
    std::string body;
  };
  struct Request {
    std::string line;  // "GET /v1/status"
    std::string content_type;
    std::string body;
  };

  // A CHECK fails when it cannot listen there.
  explicit FakeAgent(const std::string& socket_path);
  ~FakeAgent();
  FakeAgent(const FakeAgent&) = delete;
  FakeAgent& operator=(const FakeAgent&) = delete;

  // What requests with this line get. One that has no answer waits for ever.
  void SetAnswer(const std::string& line, Answer answer);

  // Those that came since the last call.
  std::vector<Request> TakeRequests();

 private:
  static void OnRequest(evhttp_request* request, void* self);
  void Handle(evhttp_request* request);

  const std::string socket_path_;
  UniqueFd stop_;  // eventfd, readable when the thread is to end
  EventBasePtr base_;
  FdWatch stopped_;
  EvhttpPtr http_;

  std::mutex mutex_;
  std::map<std::string, Answer> answers_;
  std::vector<Request> requests_;

  std::thread thread_;
};

}  // namespace l275

#endif  // L275_LB_CLI_FAKE_AGENT_H_
