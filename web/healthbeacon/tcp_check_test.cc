#include "web/healthbeacon/tcp_check.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <optional>

#include "common/event/libevent_ptr.h"
#include "common/os/unique_fd.h"
#include "common/testing/run_until.h"
#include "common/testing/test_namespace.h"
#include "web/healthbeacon/testing/no_more_files.h"

namespace l275 {
namespace {

class TcpCheckTest : public ::testing::Test {
 protected:
  // A socket of 127.0.0.1 and what it is bound to.
  static UniqueFd Bind(Endpoint* endpoint) {
    UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(fd.get(), generic, size), 0);
    EXPECT_EQ(getsockname(fd.get(), generic, &size), 0);
    *endpoint = {*Ipv4Address::Parse("127.0.0.1"), ntohs(address.sin_port)};
    return fd;
  }

  absl::Status Run(TcpCheck* check) {
    std::optional<absl::Status> result;
    check->Start([&result](const absl::Status& status) { result = status; });
    EXPECT_TRUE(
        RunUntil(base_.get(), [&result] { return result.has_value(); }));
    return result.value_or(absl::UnknownError("never done"));
  }

  EventBasePtr base_{event_base_new()};
};

TEST_F(TcpCheckTest, IsGoodWhileSomethingListens) {
  Endpoint endpoint;
  UniqueFd listener = Bind(&endpoint);
  TcpCheck check(base_.get(), endpoint);
  EXPECT_EQ(Run(&check).message(), "connect: Connection refused");
  ASSERT_EQ(listen(listener.get(), 1), 0);
  EXPECT_TRUE(Run(&check).ok());
  EXPECT_TRUE(Run(&check).ok());
  listener.reset();
  EXPECT_EQ(Run(&check).message(), "connect: Connection refused");
}

TEST_F(TcpCheckTest, FailsWithoutFileDescriptors) {
  Endpoint endpoint;
  const UniqueFd listener = Bind(&endpoint);
  TcpCheck check(base_.get(), endpoint);
  const NoMoreFiles none;
  EXPECT_EQ(Run(&check).message(), "connect: Too many open files");
}

TEST_F(TcpCheckTest, SaysThatThereIsNoRoute) {
  const TestNamespace empty;
  const TestNamespace::Scope scope(empty);
  TcpCheck check(base_.get(), {*Ipv4Address::Parse("192.0.2.1"), 80});
  EXPECT_EQ(Run(&check).message(), "connect: Network is unreachable");
}

TEST_F(TcpCheckTest, WaitsForAPeerThatDoesNotAnswerUntilItIsCancelled) {
  // 192.0.2.1 is on the link, and nobody answers for it.
  const TestNamespace here;
  const TestNamespace there;
  here.Connect("eth0", there, "eth0");
  here.Ip("addr add 192.0.2.2/24 dev eth0");
  const TestNamespace::Scope scope(here);
  bool done = false;
  TcpCheck check(base_.get(), {*Ipv4Address::Parse("192.0.2.1"), 80});
  for (int i = 0; i < 2; ++i) {
    check.Start([&done](const absl::Status&) { done = true; });
    RunPending(base_.get());
    check.Cancel();
    RunPending(base_.get());
    EXPECT_FALSE(done);
  }
}

}  // namespace
}  // namespace l275
