#include "lb/agent/slowpath/receive_queues.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "absl/strings/str_cat.h"
#include "common/os/status_util.h"
#include "common/os/unique_fd.h"

namespace l275 {

absl::StatusOr<uint32_t> ReceiveQueues(const std::string& interface) {
  const UniqueFd fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd) return ErrnoStatus(errno, "socket(AF_INET)");
  ethtool_channels channels = {};
  channels.cmd = ETHTOOL_GCHANNELS;
  ifreq request = {};
  interface.copy(request.ifr_name, IFNAMSIZ - 1);
  request.ifr_data = reinterpret_cast<char*>(&channels);
  if (ioctl(fd.get(), SIOCETHTOOL, &request) == 0) {
    return std::max(1u, channels.rx_count + channels.combined_count);
  }
  if (errno == EOPNOTSUPP) return 1;
  const int error = errno == ENODEV ? ENOENT : errno;
  return ErrnoStatus(error, absl::StrCat("ETHTOOL_GCHANNELS(", interface, ")"));
}

}  // namespace l275
