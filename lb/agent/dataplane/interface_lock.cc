#include "lb/agent/dataplane/interface_lock.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstddef>

#include "absl/strings/str_cat.h"
#include "common/status_util.h"

namespace l275 {

absl::StatusOr<InterfaceLock> InterfaceLock::Create(
    const std::string& interface) {
  UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket) return ErrnoStatus(errno, "socket(AF_UNIX)");
  const std::string name = absl::StrCat("l275/lb_agent/", interface);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  name.copy(address.sun_path + 1, sizeof(address.sun_path) - 1);
  const socklen_t length =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  if (bind(socket.get(), reinterpret_cast<sockaddr*>(&address), length) == 0) {
    return InterfaceLock(std::move(socket));
  }
  if (errno == EADDRINUSE) {
    return absl::FailedPreconditionError(
        absl::StrCat("another lb_agent serves ", interface));
  }
  return ErrnoStatus(errno, absl::StrCat("bind(@", name, ")"));
}

}  // namespace l275
