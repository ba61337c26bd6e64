#include "web/dnat/host_view.h"

#include <linux/inet_diag.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/netlink/netlink_client.h"
#include "common/netlink/netlink_message.h"
#include "common/os/read_file.h"
#include "common/os/status_util.h"

namespace l275 {
namespace {

using LinkReply = NetlinkReply<ifinfomsg, IFLA_MAX>;
using AddressReply = NetlinkReply<ifaddrmsg, IFA_MAX>;
using RouteReply = NetlinkReply<rtmsg, RTA_MAX>;
using SocketReply = NetlinkReply<inet_diag_msg, INET_DIAG_MAX>;

// By interface index.
using Interfaces = std::map<uint32_t, HostInterface>;

absl::StatusOr<int> ReadSetting(absl::string_view interface,
                                absl::string_view name) {
  const std::string path =
      absl::StrCat("/proc/sys/net/ipv4/conf/", interface, "/", name);
  L275_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  int value = 0;
  if (!absl::SimpleAtoi(absl::StripAsciiWhitespace(text), &value)) {
    return absl::InternalError(absl::StrCat(path, ": expected a number"));
  }
  return value;
}

// The kernel uses the greater of both.
absl::StatusOr<int> EffectiveSetting(const std::string& interface,
                                     absl::string_view name) {
  L275_ASSIGN_OR_RETURN(const int all, ReadSetting("all", name));
  L275_ASSIGN_OR_RETURN(const int own, ReadSetting(interface, name));
  return std::max(all, own);
}

absl::StatusOr<Interfaces> ReadInterfaces(NetlinkClient& client) {
  Interfaces interfaces;
  L275_RETURN_IF_ERROR(client.Call(
      NetlinkRequest(RTM_GETLINK, NLM_F_DUMP, ifinfomsg{}), "RTM_GETLINK",
      [&](nlmsghdr* message) {
        const auto reply = LinkReply::Parse(message);
        if (!reply) return;
        HostInterface& interface = interfaces[reply->header().ifi_index];
        interface.name = reply->Text(IFLA_IFNAME);
        interface.up = (reply->header().ifi_flags & IFF_UP) != 0 &&
                       reply->Uint8(IFLA_CARRIER).value_or(0) != 0;
        interface.mtu = reply->Uint32(IFLA_MTU).value_or(0);
      }));
  ifaddrmsg header{};
  header.ifa_family = AF_INET;
  L275_RETURN_IF_ERROR(client.Call(
      NetlinkRequest(RTM_GETADDR, NLM_F_DUMP, header), "RTM_GETADDR",
      [&](nlmsghdr* message) {
        const auto reply = AddressReply::Parse(message);
        if (!reply) return;
        const auto address = reply->Address(IFA_LOCAL);
        const auto found = interfaces.find(reply->header().ifa_index);
        if (!address || found == interfaces.end()) return;
        found->second.addresses.push_back(
            {*address, reply->header().ifa_prefixlen});
      }));
  return interfaces;
}

// The address that IPv4 clients reach the socket by; none for a socket of IPv6
// only.
std::optional<Ipv4Address> ListeningAddress(const SocketReply& reply) {
  const auto& source = reply.header().id.idiag_src;
  if (reply.header().idiag_family == AF_INET) {
    return Ipv4Address::FromNetwork(source[0]);
  }
  if (reply.Uint8(INET_DIAG_SKV6ONLY).value_or(0) != 0) return std::nullopt;
  in6_addr address;
  std::memcpy(&address, source, sizeof(address));
  const bool takes_ipv4 =
      IN6_IS_ADDR_UNSPECIFIED(&address) || IN6_IS_ADDR_V4MAPPED(&address);
  if (!takes_ipv4) return std::nullopt;
  return Ipv4Address::FromNetwork(source[3]);
}

absl::StatusOr<std::vector<Listener>> ReadListeners() {
  L275_ASSIGN_OR_RETURN(NetlinkClient client,
                        NetlinkClient::Create(NETLINK_SOCK_DIAG));
  std::vector<Listener> listeners;
  for (const int family : {AF_INET, AF_INET6}) {
    inet_diag_req_v2 header{};
    header.sdiag_family = static_cast<uint8_t>(family);
    header.sdiag_protocol = IPPROTO_TCP;
    header.idiag_states = 1 << TCP_LISTEN;
    const absl::Status status =
        client.Call(NetlinkRequest(SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, header),
                    "list of listening sockets", [&](nlmsghdr* message) {
                      const auto reply = SocketReply::Parse(message);
                      if (!reply) return;
                      const auto address = ListeningAddress(*reply);
                      if (!address) return;
                      listeners.push_back(
                          {*address, ntohs(reply->header().id.idiag_sport)});
                    });
    // A kernel without IPv6 has no such sockets.
    if (family == AF_INET6 && absl::IsNotFound(status)) continue;
    L275_RETURN_IF_ERROR(status);
  }
  return listeners;
}

// Whether the kernel's refusal is its answer: ENETUNREACH (no route, or
// "throw"), EHOSTUNREACH ("unreachable"), EACCES ("prohibit") and EINVAL
// ("blackhole").
bool IsNoRoute(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsPermissionDenied(status) ||
         absl::IsInvalidArgument(status);
}

absl::StatusOr<ClientRoute> ReadRoute(NetlinkClient& netlink,
                                      const Interfaces& interfaces,
                                      Ipv4Address local, Ipv4Address client) {
  ClientRoute route;
  route.local = local;
  rtmsg header{};
  header.rtm_family = AF_INET;
  header.rtm_src_len = 32;
  header.rtm_dst_len = 32;
  NetlinkRequest request(RTM_GETROUTE, 0, header);
  request.Put(RTA_SRC, local).Put(RTA_DST, client);
  const absl::Status status = netlink.Call(
      request, absl::StrCat("RTM_GETROUTE(", client.ToString(), ")"),
      [&](nlmsghdr* message) {
        const auto reply = RouteReply::Parse(message);
        if (!reply) return;
        const auto found = interfaces.find(reply->Uint32(RTA_OIF).value_or(0));
        if (found != interfaces.end()) route.interface = found->second.name;
      });
  if (!status.ok() && !IsNoRoute(status)) return status;
  return route;
}

}  // namespace

const HostInterface* HostView::FindInterface(const std::string& name) const {
  for (const HostInterface& interface : interfaces) {
    if (interface.name == name) return &interface;
  }
  return nullptr;
}

const HostInterface* HostView::FindOwner(Ipv4Address address) const {
  for (const HostInterface& interface : interfaces) {
    for (const InterfaceAddress& own : interface.addresses) {
      if (own.address == address) return &interface;
    }
  }
  return nullptr;
}

absl::StatusOr<HostView> ReadHostView(const std::vector<NatRule>& rules,
                                      std::optional<Ipv4Address> client) {
  HostView view;
  L275_ASSIGN_OR_RETURN(NetlinkClient netlink, NetlinkClient::Create());
  L275_ASSIGN_OR_RETURN(Interfaces interfaces, ReadInterfaces(netlink));
  for (auto& [index, interface] : interfaces) {
    L275_ASSIGN_OR_RETURN(interface.rp_filter,
                          EffectiveSetting(interface.name, "rp_filter"));
    L275_ASSIGN_OR_RETURN(interface.arp_ignore,
                          EffectiveSetting(interface.name, "arp_ignore"));
    view.interfaces.push_back(interface);
  }
  L275_ASSIGN_OR_RETURN(view.listeners, ReadListeners());
  if (!client.has_value()) return view;

  view.client = client;
  std::set<Ipv4Address> locals;
  for (const NatRule& rule : rules) locals.insert(rule.local);
  for (const Ipv4Address local : locals) {
    // The kernel knows no routes from another host's address.
    if (view.FindOwner(local) == nullptr) continue;
    L275_ASSIGN_OR_RETURN(ClientRoute route,
                          ReadRoute(netlink, interfaces, local, *client));
    view.routes.push_back(std::move(route));
  }
  return view;
}

}  // namespace l275
