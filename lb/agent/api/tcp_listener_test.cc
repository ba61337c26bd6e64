#include "lb/agent/api/tcp_listener.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace l275 {
namespace {

Endpoint Loopback(uint16_t port) {
  return {Ipv4Address::FromHost(INADDR_LOOPBACK), port};
}

sockaddr_in AddressOf(const UniqueFd& fd) {
  sockaddr_in address = {};
  socklen_t size = sizeof(address);
  EXPECT_EQ(getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size),
            0);
  return address;
}

TEST(TcpListenerTest, TakesConnections) {
  const absl::StatusOr<UniqueFd> listener = ListenTcp(Loopback(0));
  ASSERT_TRUE(listener.ok()) << listener.status();
  EXPECT_TRUE(fcntl(listener->get(), F_GETFL) & O_NONBLOCK);
  EXPECT_TRUE(fcntl(listener->get(), F_GETFD) & FD_CLOEXEC);
  const sockaddr_in address = AddressOf(*listener);
  EXPECT_EQ(ntohl(address.sin_addr.s_addr), INADDR_LOOPBACK);
  const UniqueFd client(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(connect(client.get(), reinterpret_cast<const sockaddr*>(&address),
                    sizeof(address)),
            0)
      << strerror(errno);
}

TEST(TcpListenerTest, NamesTheAddressThatIsInUse) {
  const absl::StatusOr<UniqueFd> first = ListenTcp(Loopback(0));
  ASSERT_TRUE(first.ok()) << first.status();
  const uint16_t port = ntohs(AddressOf(*first).sin_port);
  EXPECT_EQ(ListenTcp(Loopback(port)).status().message(),
            absl::StrCat("listening on 127.0.0.1:", port,
                         ": Address already in use"));
}

TEST(TcpListenerTest, NamesTheAddressThatIsNotOurs) {
  // RFC 5737: an address for documentation.
  const Endpoint foreign = {Ipv4Address::FromHost(0xc0000201), 9275};
  EXPECT_EQ(ListenTcp(foreign).status().message(),
            "listening on 192.0.2.1:9275: Cannot assign requested address");
}

TEST(TcpListenerTest, CanWaitForAnAddressButNotForAPort) {
  const Endpoint later = {Ipv4Address::FromHost(0xc0000201), 0};
  const absl::StatusOr<UniqueFd> first =
      ListenTcp(later, AddressMayCome::kLater);
  ASSERT_TRUE(first.ok()) << first.status();
  const uint16_t port = ntohs(AddressOf(*first).sin_port);
  EXPECT_EQ(ListenTcp({later.address, port}, AddressMayCome::kLater)
                .status()
                .message(),
            absl::StrCat("listening on 192.0.2.1:", port,
                         ": Address already in use"));
}

}  // namespace
}  // namespace l275
