#include "lb/agent/api/tcp_listener.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "common/os/status_util.h"

namespace l275 {
namespace {

constexpr int kBacklog = 128;

sockaddr_in AddressOf(const Endpoint& endpoint) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = endpoint.address.ToNetwork();
  address.sin_port = htons(endpoint.port);
  return address;
}

}  // namespace

absl::StatusOr<UniqueFd> ListenTcp(const Endpoint& endpoint,
                                   AddressMayCome when) {
  const sockaddr_in address = AddressOf(endpoint);
  UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  // A port in TIME_WAIT from the agent before can be had again.
  const int on = 1;
  const int freebind = when == AddressMayCome::kLater ? 1 : 0;
  if (!fd ||
      setsockopt(fd.get(), IPPROTO_IP, IP_FREEBIND, &freebind,
                 sizeof(freebind)) != 0 ||
      setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
      bind(fd.get(), reinterpret_cast<const sockaddr*>(&address),
           sizeof(address)) != 0 ||
      listen(fd.get(), kBacklog) != 0) {
    return ErrnoStatus(errno,
                       absl::StrCat("listening on ", endpoint.ToString()));
  }
  return fd;
}

}  // namespace l275
