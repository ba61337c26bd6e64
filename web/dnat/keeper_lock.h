#ifndef L275_WEB_DNAT_KEEPER_LOCK_H_
#define L275_WEB_DNAT_KEEPER_LOCK_H_

#include <sys/types.h>

#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "common/os/unique_fd.h"

namespace l275 {

// Shows other dnat commands that this process, `dnat keep`, restores the rules
// of its network namespace: a lock (fcntl(2)) on a file that only root can
// open. It ends with the process.
class KeeperLock {
 public:
  // FailedPrecondition when another process holds it.
  static absl::StatusOr<KeeperLock> Create();

 private:
  explicit KeeperLock(UniqueFd file) : file_(std::move(file)) {}

  UniqueFd file_;
};

// The process that holds the lock; none when no process does. Not to be called
// by the process that holds it.
absl::StatusOr<std::optional<pid_t>> FindKeeper();

}  // namespace l275

#endif  // L275_WEB_DNAT_KEEPER_LOCK_H_
