#include "lb/agent/api/descriptors.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "common/os/unique_fd.h"
#include "lb/agent/api/tcp_listener.h"
#include "lb/agent/api/unix_listener.h"

namespace l275 {
namespace {

// Connects to what listens there, and accepts.
class Connection {
 public:
  explicit Connection(int listener) {
    sockaddr_storage address = {};
    socklen_t size = sizeof(address);
    EXPECT_EQ(
        getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
    client_.reset(socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(
        connect(client_.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    server_.reset(accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
    EXPECT_TRUE(server_);
  }

 private:
  UniqueFd client_;
  UniqueFd server_;
};

void ExpectCounts(int listener) {
  EXPECT_EQ(CountConnections(listener), 0u);
  std::vector<Connection> connections;
  for (size_t count = 1; count <= 3; ++count) {
    connections.emplace_back(listener);
    EXPECT_EQ(CountConnections(listener), count);
  }
  connections.clear();
  EXPECT_EQ(CountConnections(listener), 0u);
}

TEST(CountConnectionsTest, OfATcpListener) {
  const Endpoint loopback = {Ipv4Address::FromHost(INADDR_LOOPBACK), 0};
  const absl::StatusOr<UniqueFd> listener = ListenTcp(loopback);
  const absl::StatusOr<UniqueFd> other = ListenTcp(loopback);
  ASSERT_TRUE(listener.ok() && other.ok());
  const Connection of_another(other->get());
  ExpectCounts(listener->get());
}

TEST(CountConnectionsTest, OfATcpListenerOnAllAddresses) {
  const absl::StatusOr<UniqueFd> listener = ListenTcp({Ipv4Address(), 0});
  ASSERT_TRUE(listener.ok()) << listener.status();
  ExpectCounts(listener->get());
}

TEST(CountConnectionsTest, OfAUnixListener) {
  // Under /tmp, as a socket's path has 107 characters at most.
  char folder[] = "/tmp/l275-descriptors-XXXXXX";
  ASSERT_NE(mkdtemp(folder), nullptr);
  {
    const absl::StatusOr<UnixListener> listener =
        UnixListener::Create(std::string(folder) + "/socket");
    ASSERT_TRUE(listener.ok()) << listener.status();
    ExpectCounts(listener->fd());
  }
  EXPECT_EQ(rmdir(folder), 0);
}

TEST(HasFreeDescriptorsTest, CountsUpToTheLimit) {
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const UniqueFd lowest(dup(STDERR_FILENO));  // NOLINT(android-cloexec-dup)
  const rlimit limit = {static_cast<rlim_t>(lowest.get()) + 4, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
  const bool three = HasFreeDescriptors(3);
  const bool four = HasFreeDescriptors(4);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_TRUE(three);
  EXPECT_FALSE(four);
}

}  // namespace
}  // namespace l275
