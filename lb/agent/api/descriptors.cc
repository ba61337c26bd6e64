#include "lb/agent/api/descriptors.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <system_error>

#include "absl/strings/numbers.h"
#include "common/os/unique_fd.h"

namespace l275 {
namespace {

constexpr char kDescriptors[] = "/proc/self/fd";

struct LocalAddress {
  sockaddr_storage storage = {};
  socklen_t size = sizeof(storage);
};

std::optional<LocalAddress> LocalAddressOf(int fd) {
  LocalAddress address;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address.storage),
                  &address.size) != 0) {
    return std::nullopt;  // no socket
  }
  return address;
}

// A connection to a listener on 0.0.0.0 has an address of its own.
bool IsSame(const LocalAddress& a, const LocalAddress& b) {
  if (a.storage.ss_family != b.storage.ss_family) return false;
  if (a.storage.ss_family == AF_INET) {
    return reinterpret_cast<const sockaddr_in&>(a.storage).sin_port ==
           reinterpret_cast<const sockaddr_in&>(b.storage).sin_port;
  }
  return a.size == b.size && std::memcmp(&a.storage, &b.storage, a.size) == 0;
}

bool IsConnection(int fd) {
  int type = 0;
  int listens = 0;
  socklen_t size = sizeof(int);
  return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 &&
         getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 &&
         type == SOCK_STREAM && listens == 0;
}

}  // namespace

// The lowest free one is the one that the kernel hands out: below it all are
// taken, and above it there may be more.
bool HasFreeDescriptors(size_t count) {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return false;
  if (limit.rlim_cur < count) return false;
  const UniqueFd lowest(fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0));
  return lowest && static_cast<rlim_t>(lowest.get()) <= limit.rlim_cur - count;
}

size_t CountConnections(int listener) {
  const std::optional<LocalAddress> own = LocalAddressOf(listener);
  std::error_code error;
  size_t count = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(kDescriptors, error)) {
    int fd;
    if (!own || !absl::SimpleAtoi(entry.path().filename().string(), &fd)) {
      continue;
    }
    const std::optional<LocalAddress> other = LocalAddressOf(fd);
    if (other && IsSame(*own, *other) && IsConnection(fd)) ++count;
  }
  return error ? std::numeric_limits<size_t>::max() : count;
}

}  // namespace l275
