#ifndef L275_WEB_HEALTHBEACON_TCP_CHECK_H_
#define L275_WEB_HEALTHBEACON_TCP_CHECK_H_

#include <event2/event.h>

#include <optional>

#include "common/event/fd_watch.h"
#include "common/net/endpoint.h"
#include "common/os/unique_fd.h"
#include "web/healthbeacon/check.h"

namespace l275 {

// Whether something accepts TCP connections: connects, and closes. The kernel
// accepts on behalf of a server that hangs, until its backlog is full; only a
// check that waits for an answer notices one.
class TcpCheck : public Check {
 public:
  TcpCheck(event_base* base, const Endpoint& endpoint)
      : base_(base), endpoint_(endpoint) {}

  void Start(Done done) override;
  void Cancel() override;

 private:
  int Connect();  // an errno, EINPROGRESS: not yet
  void OnWritable();
  void Finish(int error);  // an errno

  event_base* const base_;
  const Endpoint endpoint_;
  Done done_;  // while one runs
  UniqueFd socket_;
  std::optional<FdWatch> writable_;  // destroyed before socket_
};

}  // namespace l275

#endif  // L275_WEB_HEALTHBEACON_TCP_CHECK_H_
