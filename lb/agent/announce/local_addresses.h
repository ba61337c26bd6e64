#ifndef L275_LB_AGENT_ANNOUNCE_LOCAL_ADDRESSES_H_
#define L275_LB_AGENT_ANNOUNCE_LOCAL_ADDRESSES_H_

#include <event2/event.h>
#include <linux/netlink.h>

#include <functional>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/net/ipv4_address.h"
#include "common/netlink/netlink_client.h"
#include "common/netlink/netlink_subscription.h"
#include "lb/agent/announce/host_address.h"

namespace l275 {

// The IPv4 addresses of this host, as they come and go: the program that runs
// VRRP here adds the VIP while it is the active one, and no script has to tell.
//
// A notification only says that there is something to read again. Follows the
// network namespace in which it was created, on the loop's thread.
class LocalAddresses {
 public:
  // `on_change` is called on the loop when entries() has changed.
  static absl::StatusOr<std::unique_ptr<LocalAddresses>> Create(
      event_base* base, std::function<void()> on_change);

  LocalAddresses(const LocalAddresses&) = delete;
  LocalAddresses& operator=(const LocalAddresses&) = delete;

  const std::set<Ipv4Address>& addresses() const { return addresses_; }
  // The same with their subnets and interfaces.
  const std::vector<HostAddress>& entries() const { return entries_; }

 private:
  LocalAddresses(NetlinkClient client, std::function<void()> on_change)
      : client_(std::move(client)), on_change_(std::move(on_change)) {}

  void OnBatch(bool complete);
  absl::Status Read();

  NetlinkClient client_;
  const std::function<void()> on_change_;
  std::set<Ipv4Address> addresses_;
  std::vector<HostAddress> entries_;
  bool noted_ = false;
  std::unique_ptr<NetlinkSubscription> subscription_;
};

}  // namespace l275

#endif  // L275_LB_AGENT_ANNOUNCE_LOCAL_ADDRESSES_H_
