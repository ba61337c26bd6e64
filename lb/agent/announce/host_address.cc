#include "lb/agent/announce/host_address.h"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "common/netlink/netlink_message.h"
#include "common/os/status_util.h"

namespace l275 {
namespace {

using AddressReply = NetlinkReply<ifaddrmsg, IFA_MAX>;

}  // namespace

bool HostAddress::Covers(Ipv4Address other) const {
  const uint64_t mask = ~uint64_t{0} << (32 - prefix_length);
  return ((address.ToHost() ^ other.ToHost()) & mask) == 0;
}

absl::StatusOr<std::vector<HostAddress>> ReadHostAddresses(
    NetlinkClient& client) {
  ifaddrmsg header = {};
  header.ifa_family = AF_INET;
  std::vector<HostAddress> addresses;
  L275_RETURN_IF_ERROR(client.Call(
      NetlinkRequest(RTM_GETADDR, NLM_F_DUMP, header), "reading addresses",
      [&](nlmsghdr* message) {
        const auto reply = AddressReply::Parse(message);
        if (!reply.has_value()) return;
        const auto address = reply->Address(IFA_LOCAL);
        if (!address.has_value()) return;
        addresses.push_back({*address, reply->header().ifa_prefixlen,
                             reply->header().ifa_index});
      }));
  return addresses;
}

}  // namespace l275
