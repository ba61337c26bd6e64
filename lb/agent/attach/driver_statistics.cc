#include "lb/agent/attach/driver_statistics.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/os/status_util.h"

namespace l275 {
namespace {

constexpr size_t kLeastRoom = 4096;  // statistics

// Room for a request of ethtool's with an array of `size` bytes behind it. Of
// 8-byte words, for the alignment of all requests.
template <typename Request>
std::vector<uint64_t> RoomFor(size_t size) {
  return std::vector<uint64_t>((sizeof(Request) + size + 7) / 8);
}

}  // namespace

bool CountsXdpLosses(absl::string_view name) {
  if (!absl::StrContains(name, "xdp")) return false;
  // "xdp_drop" and "xdp_drops" are the program's own verdict.
  for (const char* part : {"err", "fail", "full", "invalid", "tx_drop",
                           "xmit_drop", "bad_drop", "exception"}) {
    if (absl::StrContains(name, part)) return true;
  }
  return false;
}

absl::StatusOr<DriverStatistics> DriverStatistics::Create() {
  UniqueFd fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd) return ErrnoStatus(errno, "socket(AF_INET)");
  return DriverStatistics(std::move(fd));
}

absl::Status DriverStatistics::Call(const std::string& interface,
                                    const char* what, void* request) const {
  ifreq call = {};
  interface.copy(call.ifr_name, IFNAMSIZ - 1);
  call.ifr_data = static_cast<char*>(request);
  if (ioctl(socket_.get(), SIOCETHTOOL, &call) == 0) return absl::OkStatus();
  return ErrnoStatus(errno, absl::StrCat(what, "(", interface, ")"));
}

// The kernel does not look at how much room a request has. So there is more
// than needed, should queues be added in between.
absl::StatusOr<std::map<std::string, uint64_t>> DriverStatistics::ReadXdpLosses(
    const std::string& interface) const {
  ethtool_drvinfo info = {};
  info.cmd = ETHTOOL_GDRVINFO;
  L275_RETURN_IF_ERROR(Call(interface, "ETHTOOL_GDRVINFO", &info));
  std::map<std::string, uint64_t> losses;
  if (info.n_stats == 0) return losses;

  const size_t room = std::max<size_t>(kLeastRoom, 4 * size_t{info.n_stats});

  auto names_room = RoomFor<ethtool_gstrings>(room * ETH_GSTRING_LEN);
  auto* const names = reinterpret_cast<ethtool_gstrings*>(names_room.data());
  names->cmd = ETHTOOL_GSTRINGS;
  names->string_set = ETH_SS_STATS;
  names->len = info.n_stats;
  L275_RETURN_IF_ERROR(Call(interface, "ETHTOOL_GSTRINGS", names));

  auto values_room = RoomFor<ethtool_stats>(room * sizeof(uint64_t));
  auto* const values = reinterpret_cast<ethtool_stats*>(values_room.data());
  values->cmd = ETHTOOL_GSTATS;
  values->n_stats = info.n_stats;
  L275_RETURN_IF_ERROR(Call(interface, "ETHTOOL_GSTATS", values));

  const size_t count = std::min({info.n_stats, names->len, values->n_stats});
  for (size_t i = 0; i < count; ++i) {
    const char* text =
        reinterpret_cast<const char*>(names->data) + i * ETH_GSTRING_LEN;
    const std::string name(text, strnlen(text, ETH_GSTRING_LEN));
    if (CountsXdpLosses(name)) losses[name] = values->data[i];
  }
  return losses;
}

}  // namespace l275
