#include "common/netlink/netlink_ptr.h"

#include <netlink/errno.h>
#include <netlink/netlink.h>

#include "absl/strings/str_cat.h"
#include "glog/logging.h"

namespace l275 {

absl::StatusOr<NlSockPtr> OpenNetlink(int protocol) {
  NlSockPtr socket(nl_socket_alloc());
  CHECK(socket != nullptr);
  int error = nl_connect(socket.get(), protocol);
  if (error == 0) error = nl_socket_set_nonblocking(socket.get());
  if (error < 0) {
    return absl::InternalError(
        absl::StrCat("netlink socket: ", nl_geterror(error)));
  }
  nl_socket_enable_msg_peek(socket.get());
  return socket;
}

NlCbPtr NewCallbacks() {
  NlCbPtr callbacks(nl_cb_alloc(NL_CB_DEFAULT));
  CHECK(callbacks != nullptr);
  return callbacks;
}

}  // namespace l275
