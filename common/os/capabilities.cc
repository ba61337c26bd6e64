#include "common/os/capabilities.h"

#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "common/os/status_util.h"

namespace l275 {

absl::StatusOr<std::vector<std::string>> MissingCapabilities(
    absl::Span<const Capability> wanted) {
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};
  if (syscall(SYS_capget, &header, data) != 0) {
    return ErrnoStatus(errno, "capget()");
  }
  std::vector<std::string> missing;
  for (const Capability& capability : wanted) {
    const auto& word = data[CAP_TO_INDEX(capability.number)];
    if ((word.effective & CAP_TO_MASK(capability.number)) == 0) {
      missing.emplace_back(capability.name);
    }
  }
  return missing;
}

}  // namespace l275
