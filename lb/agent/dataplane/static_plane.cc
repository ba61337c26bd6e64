#include "lb/agent/dataplane/static_plane.h"

#include <net/if.h>

#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status_util.h"
#include "lb/agent/dataplane/attached_programs.h"
#include "lb/agent/dataplane/pin_folder.h"
#include "lb/agent/dataplane/pinned_map.h"

namespace l275 {
namespace {

absl::Status CheckIsAttached(const std::string& interface) {
  const uint32_t ifindex = if_nametoindex(interface.c_str());
  if (ifindex == 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("there is no interface \"", interface, "\""));
  }
  L275_ASSIGN_OR_RETURN(const AttachedPrograms programs,
                        AttachedPrograms::Of(interface, ifindex));
  if (!programs.empty() && programs.have_ours()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("no load balancer's program is on ", interface));
}

}  // namespace

absl::StatusOr<std::chrono::milliseconds> StaticPlaneAge(
    const std::string& bpffs_dir) {
  const std::vector<std::string> interfaces =
      PinFolder::InterfacesIn(bpffs_dir);
  if (interfaces.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("no agent left a program in ", bpffs_dir));
  }
  for (const std::string& interface : interfaces) {
    L275_RETURN_IF_ERROR(CheckIsAttached(interface));
  }
  L275_ASSIGN_OR_RETURN(const l275_layout layout,
                        ReadPinnedLayout(PinFolder::MapsIn(bpffs_dir)));
  return std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::nanoseconds(BootTimeNs() - layout.alive_ns));
}

}  // namespace l275
