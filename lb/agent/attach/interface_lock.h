#ifndef L275_LB_AGENT_ATTACH_INTERFACE_LOCK_H_
#define L275_LB_AGENT_ATTACH_INTERFACE_LOCK_H_

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "common/os/unique_fd.h"

namespace l275 {

// Says that this process, and no other agent of its network namespace, serves
// an interface. So a program of ours that is attached while nobody holds the
// lock is left over from an agent that was killed, and may be replaced.
//
// The lock is a flock(2) on /run/l275/<namespace's inode>-<interface>.lock, a
// file that only root can open. It ends with the process; the file stays.
class InterfaceLock {
 public:
  // FailedPrecondition when another process holds it.
  static absl::StatusOr<InterfaceLock> Create(const std::string& interface);

 private:
  explicit InterfaceLock(UniqueFd file) : file_(std::move(file)) {}

  UniqueFd file_;
};

}  // namespace l275

#endif  // L275_LB_AGENT_ATTACH_INTERFACE_LOCK_H_
