#include "lb/agent/nexthop/link_table.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/os/status_util.h"

namespace l275 {
namespace {

using LinkReply = NetlinkReply<ifinfomsg, IFLA_MAX>;

// None for what is not an interface of the namespace: a bridge announces its
// ports with the same message types and its own family.
std::optional<LinkReply> ParseLink(nlmsghdr* message) {
  auto reply = LinkReply::Parse(message);
  if (reply && reply->header().ifi_family != AF_UNSPEC) return std::nullopt;
  return reply;
}

// IFF_RUNNING is the operational state "up" or "unknown" of RFC 2863, see the
// kernel's Documentation/networking/operstates.rst.
Link LinkOf(const LinkReply& reply) {
  constexpr unsigned kUp = IFF_UP | IFF_RUNNING;
  Link link;
  link.ifindex = reply.header().ifi_index;
  link.name = reply.Text(IFLA_IFNAME);
  link.ethernet = reply.header().ifi_type == ARPHRD_ETHER;
  if (link.ethernet) link.mac = reply.Mac(IFLA_ADDRESS).value_or(MacAddress{});
  link.up = (reply.header().ifi_flags & kUp) == kUp;
  link.kind = reply.NestedText(IFLA_LINKINFO, IFLA_INFO_KIND);
  link.lower = reply.Uint32(IFLA_LINK).value_or(0);
  link.master = reply.Uint32(IFLA_MASTER).value_or(0);
  link.xdp_program = reply.NestedUint32(IFLA_XDP, IFLA_XDP_PROG_ID).value_or(0);
  return link;
}

}  // namespace

const Link* LinkTable::Find(uint32_t ifindex) const {
  const auto found = links_.find(ifindex);
  return found == links_.end() ? nullptr : &found->second;
}

bool LinkTable::Note(nlmsghdr* message) {
  const auto reply = ParseLink(message);
  if (!reply) return false;
  noted_.insert(reply->header().ifi_index);
  return true;
}

absl::StatusOr<bool> LinkTable::Refresh() {
  bool changed = false;
  if (all_noted_) {
    L275_ASSIGN_OR_RETURN(auto read, ReadAll());
    changed = read != links_;
    links_ = std::move(read);
    all_noted_ = false;
    noted_.clear();
  }
  while (!noted_.empty()) {
    L275_ASSIGN_OR_RETURN(const bool one, Refresh(*noted_.begin()));
    changed |= one;
    noted_.erase(noted_.begin());
  }
  return changed;
}

absl::StatusOr<bool> LinkTable::Refresh(uint32_t ifindex) {
  L275_ASSIGN_OR_RETURN(auto read, Read(ifindex));
  if (!read) return links_.erase(ifindex) > 0;
  Link& link = links_[ifindex];
  if (link == *read) return false;
  link = *std::move(read);
  return true;
}

absl::StatusOr<std::map<uint32_t, Link>> LinkTable::ReadAll() {
  std::map<uint32_t, Link> links;
  NetlinkRequest request(RTM_GETLINK, NLM_F_DUMP, ifinfomsg{});
  L275_RETURN_IF_ERROR(
      client_.Call(request, "RTM_GETLINK", [&](nlmsghdr* message) {
        if (const auto reply = ParseLink(message)) {
          Link link = LinkOf(*reply);
          links[link.ifindex] = std::move(link);
        }
      }));
  return links;
}

absl::StatusOr<std::optional<Link>> LinkTable::Read(uint32_t ifindex) {
  std::optional<Link> link;
  ifinfomsg header{};
  header.ifi_index = static_cast<int>(ifindex);
  const absl::Status status =
      client_.Call(NetlinkRequest(RTM_GETLINK, 0, header),
                   absl::StrCat("RTM_GETLINK(interface ", ifindex, ")"),
                   [&](nlmsghdr* message) {
                     if (const auto reply = ParseLink(message))
                       link = LinkOf(*reply);
                   });
  if (!status.ok() && !absl::IsNotFound(status)) return status;  // not ENODEV
  return link;
}

}  // namespace l275
