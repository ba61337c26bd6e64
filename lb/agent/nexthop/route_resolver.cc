#include "lb/agent/nexthop/route_resolver.h"

#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace l275 {
namespace {

using RouteReply = NetlinkReply<rtmsg, RTA_MAX>;

// Why frames that follow the route do not reach `destination` itself; empty:
// they do. A forbidding route the kernel answers with an error.
std::string WhyUnusable(const RouteReply& reply, Ipv4Address destination) {
  switch (reply.header().rtm_type) {
    case RTN_UNICAST:
      break;
    case RTN_LOCAL:
      return "it is an address of this host";
    case RTN_BROADCAST:
    case RTN_MULTICAST:
      return "it is not the address of one host";
    default:
      return absl::StrCat("its route is of the unsupported type ",
                          reply.header().rtm_type);
  }
  if (reply.Has(RTA_ENCAP)) return "its route is a tunnel";
  if (reply.Has(RTA_VIA)) {
    return "behind a router with an IPv6 address: the next hop has to be the "
           "server itself";
  }
  const auto gateway = reply.Address(RTA_GATEWAY);
  if (!gateway || *gateway == destination) return "";
  return absl::StrCat("behind router ", gateway->ToString(),
                      ": the next hop has to be the server itself");
}

absl::StatusOr<Route> RouteOf(const RouteReply& reply,
                              Ipv4Address destination) {
  const auto ifindex = reply.Uint32(RTA_OIF);
  if (!ifindex) return absl::NotFoundError("its route has no interface");
  return Route{*ifindex, reply.Address(RTA_GATEWAY),
               WhyUnusable(reply, destination)};
}

// The kernel's refusal in plain words; another error as it is. The kernel
// refuses with ENETUNREACH (no route, or "throw"), EHOSTUNREACH
// ("unreachable"), EACCES ("prohibit") and EINVAL ("blackhole").
absl::Status Explain(const absl::Status& status, absl::string_view call) {
  if (absl::IsPermissionDenied(status)) {
    return absl::NotFoundError("its route is of the type \"prohibit\"");
  }
  if (absl::IsInvalidArgument(status)) {
    return absl::NotFoundError("its route is of the type \"blackhole\"");
  }
  if (!absl::IsUnavailable(status)) return status;
  absl::string_view error = status.message();
  absl::ConsumePrefix(&error, absl::StrCat(call, ": "));
  return absl::NotFoundError(absl::StrCat("no route: ", error));
}

}  // namespace

absl::StatusOr<Route> ResolveRoute(NetlinkClient& client,
                                   Ipv4Address destination) {
  absl::StatusOr<Route> route = absl::NotFoundError("no route");
  rtmsg header{};
  header.rtm_family = AF_INET;
  header.rtm_dst_len = 32;
  NetlinkRequest request(RTM_GETROUTE, 0, header);
  request.Put(RTA_DST, destination);
  const std::string call =
      absl::StrCat("RTM_GETROUTE(", destination.ToString(), ")");
  const absl::Status status =
      client.Call(request, call, [&](nlmsghdr* message) {
        if (const auto reply = RouteReply::Parse(message)) {
          route = RouteOf(*reply, destination);
        }
      });
  if (!status.ok()) return Explain(status, call);
  return route;
}

}  // namespace l275
