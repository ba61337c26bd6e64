#ifndef L275_COMMON_NETLINK_NETLINK_PTR_H_
#define L275_COMMON_NETLINK_NETLINK_PTR_H_

#include <netlink/handlers.h>
#include <netlink/socket.h>

#include <memory>

#include "absl/status/statusor.h"

namespace l275 {

// Owning pointers to libnl's objects.
struct LibnlDeleter {
  void operator()(nl_sock* socket) const { nl_socket_free(socket); }
  void operator()(nl_cb* callbacks) const { nl_cb_put(callbacks); }
};

using NlSockPtr = std::unique_ptr<nl_sock, LibnlDeleter>;
using NlCbPtr = std::unique_ptr<nl_cb, LibnlDeleter>;

// A non-blocking netlink socket of the calling thread's network namespace,
// closed on exec, that takes messages of any length. `protocol` is
// NETLINK_ROUTE, NETLINK_NETFILTER, ...
absl::StatusOr<NlSockPtr> OpenNetlink(int protocol);

// A set of callbacks of one's own, to be given to nl_recvmsgs().
NlCbPtr NewCallbacks();

}  // namespace l275

#endif  // L275_COMMON_NETLINK_NETLINK_PTR_H_
