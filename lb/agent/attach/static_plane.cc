#include "lb/agent/attach/static_plane.h"

#include <net/if.h>

#include <set>

#include "absl/strings/str_cat.h"
#include "common/netlink/netlink_client.h"
#include "common/os/status_util.h"
#include "lb/agent/announce/host_address.h"
#include "lb/agent/announce/vip_coverage.h"
#include "lb/agent/attach/attached_programs.h"
#include "lb/agent/maps/pin_folder.h"
#include "lb/agent/maps/pinned_map.h"
#include "lb/agent/nexthop/link_table.h"
#include "lb/agent/publish/pinned_vips.h"

namespace l275 {
namespace {

absl::StatusOr<bool> HasOurProgram(const std::string& interface,
                                   uint32_t ifindex) {
  L275_ASSIGN_OR_RETURN(const AttachedPrograms programs,
                        AttachedPrograms::Of(interface, ifindex));
  return !programs.empty() && programs.have_ours();
}

absl::Status CheckIsAttached(const std::string& interface) {
  const uint32_t ifindex = if_nametoindex(interface.c_str());
  if (ifindex == 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("there is no interface \"", interface, "\""));
  }
  L275_ASSIGN_OR_RETURN(const bool has, HasOurProgram(interface, ifindex));
  if (has) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("no load balancer's program is on ", interface));
}

// Also one that another agent attached: it may serve the VIP's interface.
bool Carries(const Link& link) {
  if (link.xdp_program == 0) return false;
  return HasOurProgram(link.name, link.ifindex).value_or(false);
}

absl::Status CheckVips(const std::string& maps, StaticPlane* plane) {
  L275_ASSIGN_OR_RETURN(const std::set<Ipv4Address> vips, ReadPinnedVips(maps));
  L275_ASSIGN_OR_RETURN(NetlinkClient client, NetlinkClient::Create());
  LinkTable links(&client);
  L275_RETURN_IF_ERROR(links.Refresh().status());
  L275_ASSIGN_OR_RETURN(const auto addresses, ReadHostAddresses(client));
  for (const Ipv4Address vip : vips) {
    VipCoverage coverage = CoverageOf(vip, addresses, links.links(), Carries);
    switch (coverage.state) {
      case VipCoverage::State::kCovered:
        break;
      case VipCoverage::State::kUncovered:
        return absl::FailedPreconditionError(coverage.text);
      case VipCoverage::State::kUnknown:
        plane->unknown_vips.push_back(std::move(coverage.text));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<StaticPlane> CheckStaticPlane(const std::string& bpffs_dir) {
  const std::vector<std::string> interfaces =
      PinFolder::InterfacesIn(bpffs_dir);
  if (interfaces.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("no agent left a program in ", bpffs_dir));
  }
  for (const std::string& interface : interfaces) {
    L275_RETURN_IF_ERROR(CheckIsAttached(interface));
  }
  const std::string maps = PinFolder::MapsIn(bpffs_dir);
  L275_ASSIGN_OR_RETURN(const l275_layout layout, ReadPinnedLayout(maps));
  StaticPlane plane;
  plane.age = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::nanoseconds(BootTimeNs() - layout.alive_ns));
  L275_RETURN_IF_ERROR(CheckVips(maps, &plane));
  return plane;
}

}  // namespace l275
