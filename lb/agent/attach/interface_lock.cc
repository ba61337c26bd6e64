#include "lb/agent/attach/interface_lock.h"

#include <sys/file.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "common/os/namespace_file.h"
#include "common/os/status_util.h"

namespace l275 {

// Interfaces' names have neither slashes nor are they "." (netdevice(7)).
absl::StatusOr<InterfaceLock> InterfaceLock::Create(
    const std::string& interface) {
  L275_ASSIGN_OR_RETURN(UniqueFd file, OpenNamespaceFile(interface));
  if (flock(file.get(), LOCK_EX | LOCK_NB) == 0) {
    return InterfaceLock(std::move(file));
  }
  if (errno == EWOULDBLOCK) {
    return absl::FailedPreconditionError(
        absl::StrCat("another lb_agent serves ", interface));
  }
  return ErrnoStatus(errno, absl::StrCat("flock(lock of ", interface, ")"));
}

}  // namespace l275
