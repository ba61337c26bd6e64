#include "lb/cli/fake_agent.h"

#include <event2/buffer.h>
#include <event2/event.h>
#include <glog/logging.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

namespace l275 {
namespace {

UniqueFd Listen(const std::string& path) {
  UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  PCHECK(fd) << "socket";
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  CHECK_LT(path.size(), sizeof(address.sun_path));
  std::strcpy(address.sun_path, path.c_str());
  PCHECK(bind(fd.get(), reinterpret_cast<sockaddr*>(&address),
              sizeof(address)) == 0)
      << path;
  PCHECK(listen(fd.get(), 16) == 0);
  return fd;
}

std::string BodyOf(evhttp_request* request) {
  evbuffer* buffer = evhttp_request_get_input_buffer(request);
  std::string body(evbuffer_get_length(buffer), '\0');
  evbuffer_remove(buffer, body.data(), body.size());
  return body;
}

std::string ContentTypeOf(evhttp_request* request) {
  const char* type = evhttp_find_header(
      evhttp_request_get_input_headers(request), "Content-Type");
  return type == nullptr ? "" : type;
}

std::string LineOf(evhttp_request* request) {
  const bool is_post = evhttp_request_get_command(request) == EVHTTP_REQ_POST;
  return absl::StrCat(is_post ? "POST " : "GET ",
                      evhttp_request_get_uri(request));
}

}  // namespace

FakeAgent::FakeAgent(const std::string& socket_path)
    : socket_path_(socket_path),
      stop_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      base_(event_base_new()),
      stopped_(base_.get(), stop_.get(), FdWatch::kReadable,
               [this] { event_base_loopbreak(base_.get()); }),
      http_(evhttp_new(base_.get())) {
  // From here on the server closes the listening socket.
  PCHECK(evhttp_accept_socket(http_.get(), Listen(socket_path).release()) == 0);
  evhttp_set_gencb(http_.get(), &OnRequest, this);
  thread_ = std::thread([this] { event_base_dispatch(base_.get()); });
}

FakeAgent::~FakeAgent() {
  PCHECK(eventfd_write(stop_.get(), 1) == 0);
  thread_.join();
  unlink(socket_path_.c_str());
}

void FakeAgent::SetAnswer(const std::string& line, Answer answer) {
  const std::lock_guard<std::mutex> lock(mutex_);
  answers_[line] = std::move(answer);
}

std::vector<FakeAgent::Request> FakeAgent::TakeRequests() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return std::exchange(requests_, {});
}

void FakeAgent::OnRequest(evhttp_request* request, void* self) {
  static_cast<FakeAgent*>(self)->Handle(request);
}

void FakeAgent::Handle(evhttp_request* request) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const std::string line = LineOf(request);
  requests_.push_back({line, ContentTypeOf(request), BodyOf(request)});
  const auto answer = answers_.find(line);
  if (answer == answers_.end()) return;
  const std::string& body = answer->second.body;
  evbuffer_add(evhttp_request_get_output_buffer(request), body.data(),
               body.size());
  evhttp_send_reply(request, answer->second.http_status, nullptr, nullptr);
}

}  // namespace l275
