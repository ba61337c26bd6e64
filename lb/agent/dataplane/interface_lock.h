#ifndef L275_LB_AGENT_DATAPLANE_INTERFACE_LOCK_H_
#define L275_LB_AGENT_DATAPLANE_INTERFACE_LOCK_H_

#include <string>

#include "absl/status/statusor.h"
#include "common/unique_fd.h"

namespace l275 {

// Says that this process, and no other agent of its network namespace, serves
// an interface. So a program of ours that is attached while nobody holds the
// lock is left over from an agent that was killed, and may be replaced.
//
// The lock is the name "\0l275/lb_agent/<interface>" of an abstract unix socket
// (unix(7)): it lives in the network namespace and ends with the process.
class InterfaceLock {
 public:
  // FailedPrecondition when another process holds it.
  static absl::StatusOr<InterfaceLock> Create(const std::string& interface);

 private:
  explicit InterfaceLock(UniqueFd socket) : socket_(std::move(socket)) {}

  UniqueFd socket_;
};

}  // namespace l275

#endif  // L275_LB_AGENT_DATAPLANE_INTERFACE_LOCK_H_
