#include "web/healthbeacon/http_check.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <optional>
#include <string>

#include "common/event/fd_watch.h"
#include "common/event/libevent_ptr.h"
#include "common/os/unique_fd.h"
#include "common/testing/run_until.h"
#include "web/healthbeacon/testing/no_more_files.h"

namespace l275 {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// A server that answers one connection with the bytes it is told, whatever is
// asked, and keeps what it was sent.
class OneAnswer {
 public:
  OneAnswer(event_base* base, std::string answer, bool closes)
      : base_(base), answer_(std::move(answer)), closes_(closes) {
    listener_.reset(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(listener_.get(), generic, size), 0);
    EXPECT_EQ(listen(listener_.get(), 1), 0);
    getsockname(listener_.get(), generic, &size);
    endpoint_ = {*Ipv4Address::Parse("127.0.0.1"), ntohs(address.sin_port)};
    readable_.emplace(base_, listener_.get(), FdWatch::kReadable,
                      [this] { Accept(); });
  }

  Endpoint endpoint() const { return endpoint_; }
  const std::string& request() const { return request_; }

 private:
  void Accept() {
    peer_.reset(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    readable_.emplace(base_, peer_.get(), FdWatch::kReadable,
                      [this] { Answer(); });
  }

  void Answer() {
    char buffer[4096];
    const ssize_t size = read(peer_.get(), buffer, sizeof(buffer));
    request_.assign(buffer, size > 0 ? static_cast<size_t>(size) : 0);
    send(peer_.get(), answer_.data(), answer_.size(), MSG_NOSIGNAL);
    readable_.reset();
    if (closes_) peer_.reset();
  }

  event_base* const base_;
  const std::string answer_;
  const bool closes_;
  std::string request_;
  Endpoint endpoint_;
  UniqueFd listener_;
  UniqueFd peer_;
  std::optional<FdWatch> readable_;
};

class HttpCheckTest : public ::testing::Test {
 protected:
  HttpCheck::Options OptionsFor(const Endpoint& endpoint) {
    return {endpoint, "/healthz?deep=1", "www.example.org"};
  }

  absl::Status Run(HttpCheck* check) {
    std::optional<absl::Status> result;
    check->Start([&result](const absl::Status& status) { result = status; });
    EXPECT_TRUE(
        RunUntil(base_.get(), [&result] { return result.has_value(); }));
    return result.value_or(absl::UnknownError("never done"));
  }

  EventBasePtr base_{event_base_new()};
};

struct Row {
  const char* description;
  std::string answer;
  bool closes;
  const char* error;  // empty: good
};

class HttpCheckAnswerTest : public HttpCheckTest,
                            public ::testing::WithParamInterface<Row> {};

TEST_P(HttpCheckAnswerTest, IsJudged) {
  const Row& row = GetParam();
  SCOPED_TRACE(row.description);
  OneAnswer server(base_.get(), row.answer, row.closes);
  HttpCheck check(base_.get(), OptionsFor(server.endpoint()));
  const absl::Status result = Run(&check);
  EXPECT_EQ(result.ok(), *row.error == '\0') << result;
  EXPECT_THAT(std::string(result.message()), HasSubstr(row.error));
}

// The connections that stay open show that nothing waits for the body.
INSTANTIATE_TEST_SUITE_P(
    All, HttpCheckAnswerTest,
    ::testing::Values(
        Row{"200", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", true, ""},
        Row{"200, its body never comes",
            "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", false, ""},
        Row{"200, an endless chunked body",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n",
            false, ""},
        Row{"204 without headers", "HTTP/1.1 204 No\r\n\r\n", false, ""},
        Row{"302, not followed",
            "HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/\r\n\r\n", false,
            ""},
        Row{"399", "HTTP/1.0 399 Odd\r\n\r\n", false, ""},
        Row{"100, then 200",
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", false, ""},
        Row{"100, then 503",
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 503 Busy\r\n\r\n", false,
            "status 503"},
        Row{"400", "HTTP/1.0 400 Bad\r\n\r\n", false, "status 400"},
        Row{"503", "HTTP/1.1 503 Busy\r\n\r\n", false, "status 503"},
        Row{"199", "HTTP/1.1 199 Odd\r\n\r\n", false, "status 199"},
        Row{"no HTTP", "220 smtp.example.org ESMTP\r\n", true,
            "an answer that is no HTTP"},
        Row{"closed without an answer", "", true, "closed before an answer"},
        Row{"closed within the headers", "HTTP/1.1 200 OK\r\nA: b\r\n", true,
            "closed before an answer"},
        Row{"endless headers",
            "HTTP/1.1 200 OK\r\nA: " + std::string(100'000, 'x'), false,
            "too long headers"},
        Row{"an endless status line", std::string(100'000, 'x'), false,
            "too long headers"}));

TEST_F(HttpCheckTest, SendsTargetAndHost) {
  OneAnswer server(base_.get(), "HTTP/1.1 200 OK\r\n\r\n", true);
  HttpCheck check(base_.get(), OptionsFor(server.endpoint()));
  EXPECT_TRUE(Run(&check).ok());
  EXPECT_THAT(server.request(), StartsWith("GET /healthz?deep=1 HTTP/1.1\r\n"));
  EXPECT_THAT(server.request(), HasSubstr("\r\nHost: www.example.org\r\n"));
  EXPECT_THAT(server.request(), HasSubstr("\r\nConnection: close\r\n"));
}

TEST_F(HttpCheckTest, SaysThatNobodyListens) {
  Endpoint endpoint;
  { endpoint = OneAnswer(base_.get(), "", true).endpoint(); }
  HttpCheck check(base_.get(), OptionsFor(endpoint));
  EXPECT_EQ(Run(&check).message(), "cannot connect");
}

TEST_F(HttpCheckTest, CanBeRunAgainAfterItsEndAndAfterACancellation) {
  OneAnswer hanging(base_.get(), "", false);
  HttpCheck check(base_.get(), OptionsFor(hanging.endpoint()));
  bool done = false;
  check.Start([&done](const absl::Status&) { done = true; });
  ASSERT_TRUE(
      RunUntil(base_.get(), [&] { return !hanging.request().empty(); }));
  check.Cancel();
  RunPending(base_.get());
  EXPECT_FALSE(done);
  check.Start([&done](const absl::Status&) { done = true; });
  check.Cancel();

  OneAnswer server(base_.get(), "HTTP/1.1 200 OK\r\n\r\n", true);
  HttpCheck other(base_.get(), OptionsFor(server.endpoint()));
  EXPECT_TRUE(Run(&other).ok());
  EXPECT_FALSE(done);
}

TEST_F(HttpCheckTest, FailsWithoutFileDescriptors) {
  OneAnswer server(base_.get(), "HTTP/1.1 200 OK\r\n\r\n", true);
  HttpCheck check(base_.get(), OptionsFor(server.endpoint()));
  {
    const NoMoreFiles none;
    EXPECT_FALSE(Run(&check).ok());
  }
  EXPECT_TRUE(Run(&check).ok());
}

TEST_F(HttpCheckTest, CanBeDestroyedWhileItRuns) {
  OneAnswer hanging(base_.get(), "HTTP/1.1 2", false);
  {
    HttpCheck check(base_.get(), OptionsFor(hanging.endpoint()));
    check.Start([](const absl::Status&) { FAIL(); });
    ASSERT_TRUE(
        RunUntil(base_.get(), [&] { return !hanging.request().empty(); }));
  }
  RunPending(base_.get());
}

}  // namespace
}  // namespace l275
