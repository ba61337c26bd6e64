#ifndef L275_COMMON_NETLINK_NETLINK_SUBSCRIPTION_H_
#define L275_COMMON_NETLINK_NETLINK_SUBSCRIPTION_H_

#include <event2/event.h>
#include <linux/netlink.h>

#include <functional>
#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/event/fd_watch.h"
#include "common/netlink/netlink_ptr.h"

namespace l275 {

// Receives netlink notifications on an event loop, a batch at a time: each
// message of it, then its end.
//
// When the kernel had more to say than the socket's buffer holds, it dropped
// some (ENOBUFS, see netlink(7)). The batch then ends as incomplete, and the
// listener has to read again whatever it follows.
//
// Hears the network namespace in which it was created. The callbacks run on the
// loop's thread and may not destroy the object.
class NetlinkSubscription {
 public:
  using MessageHandler = std::function<void(nlmsghdr*)>;
  using BatchHandler = std::function<void(bool complete)>;

  // `groups` are those of the protocol: RTNLGRP_... of NETLINK_ROUTE,
  // NFNLGRP_... of NETLINK_NETFILTER.
  static absl::StatusOr<std::unique_ptr<NetlinkSubscription>> Create(
      event_base* base, absl::Span<const int> groups, MessageHandler on_message,
      BatchHandler on_batch, int protocol = NETLINK_ROUTE);

  NetlinkSubscription(const NetlinkSubscription&) = delete;
  NetlinkSubscription& operator=(const NetlinkSubscription&) = delete;

 private:
  NetlinkSubscription(NlSockPtr socket, MessageHandler on_message,
                      BatchHandler on_batch);

  absl::Status Start(event_base* base, absl::Span<const int> groups);
  void ReadBatch();

  const NlSockPtr socket_;
  const NlCbPtr callbacks_;
  const MessageHandler on_message_;
  const BatchHandler on_batch_;
  std::optional<FdWatch> readable_;  // destroyed before socket_
};

}  // namespace l275

#endif  // L275_COMMON_NETLINK_NETLINK_SUBSCRIPTION_H_
