#include "lb/agent/nexthop/route_resolver.h"

#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "absl/strings/str_cat.h"
#include "common/status_util.h"

namespace l275 {
namespace {

using RouteReply = NetlinkReply<rtmsg, RTA_MAX>;

// The types of route that the kernel answers with; a forbidding one it answers
// with an error.
absl::Status CheckType(unsigned char type) {
  switch (type) {
    case RTN_UNICAST:
      return absl::OkStatus();
    case RTN_LOCAL:
      return absl::NotFoundError("it is an address of this host");
    case RTN_BROADCAST:
    case RTN_MULTICAST:
      return absl::NotFoundError("it is not the address of one host");
    default:
      return absl::NotFoundError(
          absl::StrCat("its route is of the unsupported type ", type));
  }
}

absl::StatusOr<Route> RouteOf(const RouteReply& reply) {
  L275_RETURN_IF_ERROR(CheckType(reply.header().rtm_type));
  if (reply.Has(RTA_VIA)) {
    return absl::NotFoundError("its gateway has no IPv4 address");
  }
  if (reply.Has(RTA_ENCAP)) {
    return absl::NotFoundError("its route is a tunnel");
  }
  const auto ifindex = reply.Uint32(RTA_OIF);
  if (!ifindex) return absl::NotFoundError("its route has no interface");
  return Route{*ifindex, reply.Address(RTA_GATEWAY)};
}

// Whether the kernel's refusal is its answer: ENETUNREACH (no route, or
// "throw"), EHOSTUNREACH ("unreachable"), EACCES ("prohibit") and EINVAL
// ("blackhole").
bool IsNoRoute(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsPermissionDenied(status) ||
         absl::IsInvalidArgument(status);
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
  const absl::Status status = client.Call(
      request, absl::StrCat("RTM_GETROUTE(", destination.ToString(), ")"),
      [&](nlmsghdr* message) {
        if (const auto reply = RouteReply::Parse(message)) {
          route = RouteOf(*reply);
        }
      });
  if (IsNoRoute(status)) {
    return absl::NotFoundError(absl::StrCat("no route: ", status.message()));
  }
  if (!status.ok()) return status;
  return route;
}

}  // namespace l275
