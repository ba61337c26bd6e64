#ifndef L275_COMMON_NETLINK_NETLINK_CLIENT_H_
#define L275_COMMON_NETLINK_NETLINK_CLIENT_H_

#include <linux/netlink.h>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/netlink/netlink_message.h"
#include "common/netlink/netlink_ptr.h"

namespace l275 {

// Asks the kernel one question at a time by netlink.
//
// The kernel works on a request within the call that sends it, so its answer is
// there when sending returns: no call waits, although all are synchronous.
//
// Speaks for the network namespace in which it was created, from one thread.
class NetlinkClient {
 public:
  using Handler = absl::FunctionRef<void(nlmsghdr*)>;

  static absl::StatusOr<NetlinkClient> Create(int protocol = NETLINK_ROUTE);

  // Sends the request and passes each message of the answer (a dump has many)
  // to `handler`, which may not call this object. A refusal is the status that
  // absl::ErrnoToStatus makes of the kernel's errno, its message begins with
  // `what`. ResourceExhausted: the answer got lost.
  absl::Status Call(
      const NetlinkRequest& request, absl::string_view what,
      Handler handler = [](nlmsghdr*) {});

 private:
  explicit NetlinkClient(NlSockPtr socket) : socket_(std::move(socket)) {}

  NlSockPtr socket_;
};

// Whether asking failed. NotFound is none: it is an answer, that there is no
// such route or neighbour.
bool IsFailure(const absl::Status& status);

}  // namespace l275

#endif  // L275_COMMON_NETLINK_NETLINK_CLIENT_H_
