#include "web/dnat/keeper_lock.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/os/namespace_file.h"
#include "common/os/status_util.h"

namespace l275 {
namespace {

constexpr char kName[] = "dnat";

struct flock WholeFile() {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return lock;
}

absl::StatusOr<std::optional<pid_t>> HolderOf(const UniqueFd& file) {
  struct flock lock = WholeFile();
  if (fcntl(file.get(), F_GETLK, &lock) != 0) {
    return ErrnoStatus(errno, "fcntl(F_GETLK)");
  }
  if (lock.l_type == F_UNLCK) return std::nullopt;
  return lock.l_pid;
}

}  // namespace

absl::StatusOr<KeeperLock> KeeperLock::Create() {
  L275_ASSIGN_OR_RETURN(UniqueFd file, OpenNamespaceFile(kName));
  struct flock lock = WholeFile();
  if (fcntl(file.get(), F_SETLK, &lock) == 0) {
    return KeeperLock(std::move(file));
  }
  if (errno != EACCES && errno != EAGAIN) {
    return ErrnoStatus(errno, "fcntl(F_SETLK)");
  }
  L275_ASSIGN_OR_RETURN(const std::optional<pid_t> holder, HolderOf(file));
  return absl::FailedPreconditionError(absl::StrCat(
      "another dnat keep runs already, process ", holder.value_or(0)));
}

absl::StatusOr<std::optional<pid_t>> FindKeeper() {
  L275_ASSIGN_OR_RETURN(const std::string path, NamespaceFilePath(kName));
  const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (file) return HolderOf(file);
  if (errno == ENOENT) return std::nullopt;
  return ErrnoStatus(errno, absl::StrCat("open(", path, ")"));
}

}  // namespace l275
