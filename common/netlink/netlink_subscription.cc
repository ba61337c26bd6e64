#include "common/netlink/netlink_subscription.h"

#include <netlink/errno.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>

#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "common/os/status_util.h"
#include "glog/logging.h"

namespace l275 {
namespace {

// Bounds the time for which one batch holds the loop: with more to read, the
// loop comes back after its other events.
constexpr int kMaxBatch = 256;

// libnl turns ENOBUFS into "out of memory".
const char* ReasonOf(int libnl_error) {
  return libnl_error == -NLE_NOMEM ? "more than the socket's buffer holds"
                                   : nl_geterror(libnl_error);
}

}  // namespace

absl::StatusOr<std::unique_ptr<NetlinkSubscription>>
NetlinkSubscription::Create(event_base* base, absl::Span<const int> groups,
                            MessageHandler on_message, BatchHandler on_batch,
                            int protocol) {
  L275_ASSIGN_OR_RETURN(NlSockPtr socket, OpenNetlink(protocol));
  auto subscription = absl::WrapUnique(new NetlinkSubscription(
      std::move(socket), std::move(on_message), std::move(on_batch)));
  L275_RETURN_IF_ERROR(subscription->Start(base, groups));
  return subscription;
}

NetlinkSubscription::NetlinkSubscription(NlSockPtr socket,
                                         MessageHandler on_message,
                                         BatchHandler on_batch)
    : socket_(std::move(socket)),
      callbacks_(NewCallbacks()),
      on_message_(std::move(on_message)),
      on_batch_(std::move(on_batch)) {
  nl_cb_set(
      callbacks_.get(), NL_CB_VALID, NL_CB_CUSTOM,
      [](nl_msg* message, void* self) -> int {
        static_cast<NetlinkSubscription*>(self)->on_message_(
            nlmsg_hdr(message));
        return NL_OK;
      },
      this);
  // Notifications carry the sequence numbers of the request that caused them.
  nl_cb_set(
      callbacks_.get(), NL_CB_SEQ_CHECK, NL_CB_CUSTOM,
      [](nl_msg*, void*) -> int { return NL_OK; }, nullptr);
}

absl::Status NetlinkSubscription::Start(event_base* base,
                                        absl::Span<const int> groups) {
  for (const int group : groups) {
    const int error = nl_socket_add_membership(socket_.get(), group);
    if (error < 0) {
      return absl::InternalError(
          absl::StrCat("netlink group ", group, ": ", nl_geterror(error)));
    }
  }
  readable_.emplace(base, nl_socket_get_fd(socket_.get()), FdWatch::kReadable,
                    [this] { ReadBatch(); });
  return absl::OkStatus();
}

void NetlinkSubscription::ReadBatch() {
  bool complete = true;
  for (int i = 0; i < kMaxBatch; ++i) {
    const int result = nl_recvmsgs(socket_.get(), callbacks_.get());
    if (result == -NLE_AGAIN) break;
    if (result >= 0) continue;
    LOG_IF(WARNING, complete)
        << "netlink: notifications lost: " << ReasonOf(result);
    complete = false;
  }
  on_batch_(complete);
}

}  // namespace l275
