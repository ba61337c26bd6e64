#include "lb/agent/peers/wire/peer_socket.h"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/os/status_util.h"

namespace l275 {
namespace {

constexpr int kUserTimeoutMs = 3000;

absl::Status SetOption(const UniqueFd& fd, int level, int name, int value,
                       absl::string_view call) {
  if (setsockopt(fd.get(), level, name, &value, sizeof(value)) == 0) {
    return absl::OkStatus();
  }
  return ErrnoStatus(errno, call);
}

// The kernel picks the port when it connects, so that it has to be free for
// this peer only.
absl::Status Bind(const UniqueFd& fd, Ipv4Address self) {
  L275_RETURN_IF_ERROR(SetOption(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1,
                                 "setsockopt(IP_BIND_ADDRESS_NO_PORT)"));
  const sockaddr_in address = SockaddrOf({self, 0});
  if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&address),
           sizeof(address)) == 0) {
    return absl::OkStatus();
  }
  return ErrnoStatus(errno, absl::StrCat("bind(", self.ToString(),
                                         "), the address of --sync_listen"));
}

}  // namespace

absl::StatusOr<UniqueFd> NewPeerSocket(Ipv4Address self) {
  UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return ErrnoStatus(errno, "socket(AF_INET, SOCK_STREAM)");
  L275_RETURN_IF_ERROR(
      SetOption(fd, IPPROTO_TCP, TCP_NODELAY, 1, "setsockopt(TCP_NODELAY)"));
  L275_RETURN_IF_ERROR(SetOption(fd, IPPROTO_TCP, TCP_USER_TIMEOUT,
                                 kUserTimeoutMs,
                                 "setsockopt(TCP_USER_TIMEOUT)"));
  L275_RETURN_IF_ERROR(Bind(fd, self));
  return fd;
}

sockaddr_in SockaddrOf(const Endpoint& endpoint) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = endpoint.address.ToNetwork();
  address.sin_port = htons(endpoint.port);
  return address;
}

}  // namespace l275
