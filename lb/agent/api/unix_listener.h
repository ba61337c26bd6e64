#ifndef L275_LB_AGENT_API_UNIX_LISTENER_H_
#define L275_LB_AGENT_API_UNIX_LISTENER_H_

#include <string>

#include "absl/status/statusor.h"
#include "common/os/unique_fd.h"

namespace l275 {

// A listening unix socket in the file system, readable and writable by owner
// and group only; removes its file in the end.
class UnixListener {
 public:
  // Makes the folder, if only that is missing. Replaces a socket that nobody
  // has open any more. FailedPrecondition: somebody listens on it, nobody can
  // tell (a datagram socket, one that may not be opened), or the path is
  // something else than a socket.
  static absl::StatusOr<UnixListener> Create(const std::string& path);

  UnixListener(UnixListener&& other) noexcept;
  UnixListener& operator=(UnixListener&&) = delete;
  ~UnixListener();

  // Non-blocking.
  int fd() const { return socket_.get(); }

 private:
  UnixListener(std::string path, UniqueFd socket);

  std::string path_;  // empty when moved from
  UniqueFd socket_;
};

}  // namespace l275

#endif  // L275_LB_AGENT_API_UNIX_LISTENER_H_
