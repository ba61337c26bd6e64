#include "lb/agent/capabilities.h"

#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/status_util.h"

namespace l275 {
namespace {

absl::StatusOr<uint64_t> EffectiveCapabilities() {
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};
  if (syscall(SYS_capget, &header, data) != 0) {
    return ErrnoStatus(errno, "capget()");
  }
  return uint64_t{data[1].effective} << 32 | data[0].effective;
}

}  // namespace

absl::Status CheckCapabilities() {
  L275_ASSIGN_OR_RETURN(const uint64_t effective, EffectiveCapabilities());
  const auto has = [&](int capability) {
    return (effective >> capability & 1) != 0;
  };
  std::vector<std::string> missing;
  if (!has(CAP_NET_ADMIN)) missing.push_back("CAP_NET_ADMIN");
  if (!has(CAP_SYS_ADMIN)) missing.push_back("CAP_SYS_ADMIN");
  if (missing.empty()) return absl::OkStatus();
  return absl::PermissionDeniedError(
      absl::StrCat("missing ", absl::StrJoin(missing, ", "),
                   "; run as root or grant them (capabilities(7))"));
}

}  // namespace l275
