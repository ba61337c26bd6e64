#include "lb/agent/api/unix_listener.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/os/status_util.h"

namespace l275 {
namespace {

constexpr int kBacklog = 128;

absl::StatusOr<sockaddr_un> AddressOf(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof(address.sun_path)) {
    return absl::InvalidArgumentError(
        absl::StrCat("control socket \"", path, "\": expected a path of 1 to ",
                     sizeof(address.sun_path) - 1, " characters"));
  }
  path.copy(address.sun_path, path.size());
  return address;
}

absl::StatusOr<UniqueFd> NewSocket() {
  UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return ErrnoStatus(errno, "socket(AF_UNIX)");
  return fd;
}

absl::Status MakeFolderOf(const std::string& path) {
  const std::string folder = path.substr(0, path.rfind('/'));
  if (folder.empty() || folder == path) return absl::OkStatus();
  if (mkdir(folder.c_str(), 0755) == 0 || errno == EEXIST) {
    return absl::OkStatus();
  }
  return ErrnoStatus(errno, absl::StrCat("mkdir(", folder, ")"));
}

// OK only if the kernel says that no process has the socket open any more.
absl::Status CheckAbandoned(const std::string& path,
                            const sockaddr_un& address) {
  L275_ASSIGN_OR_RETURN(const UniqueFd fd, NewSocket());
  const int result = connect(
      fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  if (result != 0 && errno == ECONNREFUSED) return absl::OkStatus();
  if (result == 0 || errno == EAGAIN) {
    return absl::FailedPreconditionError(
        absl::StrCat("another process listens on ", path));
  }
  return absl::FailedPreconditionError(absl::StrCat(
      path,
      " exists, and whether it is in use is unknown: ", std::strerror(errno)));
}

// Takes away what a killed agent left.
absl::Status RemoveLeftover(const std::string& path,
                            const sockaddr_un& address) {
  struct stat info;
  if (lstat(path.c_str(), &info) != 0) {
    if (errno == ENOENT) return absl::OkStatus();
    return ErrnoStatus(errno, absl::StrCat("lstat(", path, ")"));
  }
  if (!S_ISSOCK(info.st_mode)) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, " exists and is no socket"));
  }
  L275_RETURN_IF_ERROR(CheckAbandoned(path, address));
  if (unlink(path.c_str()) == 0) return absl::OkStatus();
  return ErrnoStatus(errno, absl::StrCat("unlink(", path, ")"));
}

// bind() makes the file with the permissions that umask leaves.
int BindForOwnerAndGroup(int fd, const sockaddr_un& address) {
  const mode_t old = umask(0117);
  const int result =
      bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  const int error = errno;
  umask(old);
  errno = error;
  return result;
}

}  // namespace

absl::StatusOr<UnixListener> UnixListener::Create(const std::string& path) {
  L275_ASSIGN_OR_RETURN(const sockaddr_un address, AddressOf(path));
  L275_RETURN_IF_ERROR(MakeFolderOf(path));
  L275_RETURN_IF_ERROR(RemoveLeftover(path, address));
  L275_ASSIGN_OR_RETURN(UniqueFd fd, NewSocket());
  if (BindForOwnerAndGroup(fd.get(), address) != 0) {
    return ErrnoStatus(errno, absl::StrCat("bind(", path, ")"));
  }
  UnixListener listener(path, std::move(fd));
  if (listen(listener.fd(), kBacklog) != 0) {
    return ErrnoStatus(errno, absl::StrCat("listen(", path, ")"));
  }
  return listener;
}

UnixListener::UnixListener(std::string path, UniqueFd socket)
    : path_(std::move(path)), socket_(std::move(socket)) {}

UnixListener::UnixListener(UnixListener&& other) noexcept
    : path_(std::exchange(other.path_, std::string())),
      socket_(std::move(other.socket_)) {}

UnixListener::~UnixListener() {
  if (!path_.empty()) unlink(path_.c_str());
}

}  // namespace l275
