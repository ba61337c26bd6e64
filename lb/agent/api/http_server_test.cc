#include "lb/agent/api/http_server.h"

#include <event2/http.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <list>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/event/libevent_ptr.h"
#include "common/event/repeated_timer.h"
#include "common/os/unique_fd.h"
#include "common/testing/log_capture.h"
#include "common/testing/run_until.h"
#include "lb/agent/api/tcp_listener.h"

namespace l275 {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class HttpServerTest : public ::testing::Test {
 protected:
  // Answers every request with 404.
  void Serve(size_t max_connections, size_t reserved_descriptors = 1) {
    absl::StatusOr<UniqueFd> listener =
        ListenTcp({Ipv4Address::FromHost(INADDR_LOOPBACK), 0});
    ASSERT_TRUE(listener.ok()) << listener.status();
    socklen_t size = sizeof(address_);
    ASSERT_EQ(getsockname(listener->get(),
                          reinterpret_cast<sockaddr*>(&address_), &size),
              0);
    auto server = HttpServer::Create(
        base_.get(), *std::move(listener),
        {"the test", 1024, max_connections, reserved_descriptors});
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  // The kernel takes it into the backlog, whether it is accepted or not.
  UniqueFd Connect() {
    UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(connect(fd.get(), reinterpret_cast<sockaddr*>(&address_),
                      sizeof(address_)),
              0);
    return fd;
  }

  void Ask(const UniqueFd& fd) {
    constexpr char kRequest[] = "GET / HTTP/1.0\r\n\r\n";
    EXPECT_EQ(send(fd.get(), kRequest, sizeof(kRequest) - 1, MSG_NOSIGNAL),
              static_cast<ssize_t>(sizeof(kRequest) - 1));
  }

  static bool IsAnswered(const UniqueFd& fd) {
    char byte;
    return recv(fd.get(), &byte, 1, MSG_DONTWAIT | MSG_PEEK) == 1;
  }

  bool WaitForAnswer(const UniqueFd& fd) {
    return RunUntil(base_.get(), [&] { return IsAnswered(fd); });
  }

  const EventBasePtr base_{event_base_new()};
  LogCapture log_;
  sockaddr_in address_ = {};
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerTest, AnswersOverAsManyConnectionsAsItMayHave) {
  Serve(3);
  std::list<UniqueFd> connections;
  for (int i = 0; i < 2; ++i) connections.push_back(Connect());
  for (int i = 0; i < 20; ++i) {
    const UniqueFd asking = Connect();
    Ask(asking);
    EXPECT_TRUE(WaitForAnswer(asking)) << i;
  }
}

TEST_F(HttpServerTest, LetsOthersWaitUntilOneEnds) {
  Serve(3);
  std::list<UniqueFd> silent;
  for (int i = 0; i < 3; ++i) silent.push_back(Connect());
  const UniqueFd waiting = Connect();
  Ask(waiting);
  std::vector<std::string> lines;
  EXPECT_TRUE(RunUntil(base_.get(), [&] {
    if (lines.empty()) lines = log_.Take();
    return !lines.empty();
  }));
  EXPECT_THAT(lines, ElementsAre("cannot accept connections on the test: it "
                                 "has 3, the most it may have"));
  RunPending(base_.get());
  EXPECT_FALSE(IsAnswered(waiting));
  silent.clear();
  EXPECT_TRUE(WaitForAnswer(waiting));
}

TEST_F(HttpServerTest, LeavesDescriptorsForOthers) {
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  Serve(100, 8);
  std::list<UniqueFd> silent;
  for (int i = 0; i < 20; ++i) silent.push_back(Connect());
  const UniqueFd waiting = Connect();
  Ask(waiting);
  const UniqueFd lowest(dup(STDERR_FILENO));  // NOLINT(android-cloexec-dup)
  const rlimit limit = {static_cast<rlim_t>(lowest.get()) + 1 + 12,
                        before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
  std::vector<std::string> lines;
  EXPECT_TRUE(RunUntil(base_.get(), [&] {
    if (lines.empty()) lines = log_.Take();
    return !lines.empty();
  }));
  EXPECT_THAT(lines,
              ElementsAre(HasSubstr("only 8 file descriptors are left")));
  std::vector<UniqueFd> free;
  for (int i = 0; i < 8; ++i) {
    free.emplace_back(dup(STDERR_FILENO));  // NOLINT(android-cloexec-dup)
    EXPECT_TRUE(free.back()) << i;
  }
  free.clear();
  EXPECT_FALSE(IsAnswered(waiting));
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_TRUE(WaitForAnswer(waiting));
}

// As when others took all: 221,000 lines in 5 s, once.
TEST_F(HttpServerTest, WithoutADescriptorItTriesLaterAndSaysSoSometimes) {
  Serve(100);
  const UniqueFd waiting = Connect();
  Ask(waiting);
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none = {0, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  int turns = 0;
  std::vector<std::string> lines;
  // Two seconds: time for 20 pauses.
  const RepeatedTimer tick(base_.get(), std::chrono::milliseconds(100),
                           [&turns] { ++turns; });
  EXPECT_TRUE(RunUntil(base_.get(), [&] { return turns >= 20; }));
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  lines = log_.Take();
  EXPECT_THAT(lines, Not(IsEmpty()));
  EXPECT_THAT(lines, SizeIs(::testing::Le(10)));
  EXPECT_EQ(lines.front(),
            "cannot accept connections on the test: Too many open files");
  EXPECT_TRUE(WaitForAnswer(waiting));
}

}  // namespace
}  // namespace l275
