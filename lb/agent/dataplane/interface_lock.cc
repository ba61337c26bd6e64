#include "lb/agent/dataplane/interface_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "common/status_util.h"

namespace l275 {
namespace {

constexpr char kFolder[] = "/run/l275";
constexpr char kNamespace[] = "/proc/self/ns/net";

// Interfaces' names have neither slashes nor are they "." (netdevice(7)).
absl::StatusOr<std::string> LockFileOf(const std::string& interface) {
  struct stat network_namespace;
  if (stat(kNamespace, &network_namespace) != 0) {
    return ErrnoStatus(errno, absl::StrCat("stat(", kNamespace, ")"));
  }
  return absl::StrCat(kFolder, "/", network_namespace.st_ino, "-", interface,
                      ".lock");
}

absl::StatusOr<UniqueFd> OpenLockFile(const std::string& path) {
  if (mkdir(kFolder, 0755) != 0 && errno != EEXIST) {
    return ErrnoStatus(errno, absl::StrCat("mkdir(", kFolder, ")"));
  }
  UniqueFd file(
      open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) return ErrnoStatus(errno, absl::StrCat("open(", path, ")"));
  return file;
}

}  // namespace

absl::StatusOr<InterfaceLock> InterfaceLock::Create(
    const std::string& interface) {
  L275_ASSIGN_OR_RETURN(const std::string path, LockFileOf(interface));
  L275_ASSIGN_OR_RETURN(UniqueFd file, OpenLockFile(path));
  if (flock(file.get(), LOCK_EX | LOCK_NB) == 0) {
    return InterfaceLock(std::move(file));
  }
  if (errno == EWOULDBLOCK) {
    return absl::FailedPreconditionError(
        absl::StrCat("another lb_agent serves ", interface));
  }
  return ErrnoStatus(errno, absl::StrCat("flock(", path, ")"));
}

}  // namespace l275
