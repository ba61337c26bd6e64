#include "lb/agent/attach/gro.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "common/os/status_util.h"
#include "common/os/unique_fd.h"

namespace l275 {

absl::StatusOr<bool> IsGroOn(const std::string& interface) {
  const UniqueFd fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd) return ErrnoStatus(errno, "socket(AF_INET)");
  ethtool_value value = {};
  value.cmd = ETHTOOL_GGRO;
  ifreq request = {};
  interface.copy(request.ifr_name, IFNAMSIZ - 1);
  request.ifr_data = reinterpret_cast<char*>(&value);
  if (ioctl(fd.get(), SIOCETHTOOL, &request) == 0) return value.data != 0;
  return ErrnoStatus(errno, absl::StrCat("ETHTOOL_GGRO(", interface, ")"));
}

}  // namespace l275
