#include "lb/agent/slowpath/frame_sender.h"

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>

#include "absl/strings/str_cat.h"
#include "common/os/status_util.h"

namespace l275 {

// Protocol 0: it sends, and receives nothing.
absl::StatusOr<FrameSender> FrameSender::Create() {
  UniqueFd fd(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return ErrnoStatus(errno, "socket(AF_PACKET)");
  return FrameSender(std::move(fd));
}

absl::Status FrameSender::Send(const NextHop& next_hop,
                               absl::Span<uint8_t> frame) const {
  std::copy(next_hop.destination.begin(), next_hop.destination.end(),
            frame.begin() + offsetof(ethhdr, h_dest));
  std::copy(next_hop.source.begin(), next_hop.source.end(),
            frame.begin() + offsetof(ethhdr, h_source));
  sockaddr_ll to = {};
  to.sll_family = AF_PACKET;
  to.sll_ifindex = static_cast<int>(next_hop.ifindex);
  if (sendto(socket_.get(), frame.data(), frame.size(), 0,
             reinterpret_cast<const sockaddr*>(&to), sizeof(to)) >= 0) {
    return absl::OkStatus();
  }
  return ErrnoStatus(errno,
                     absl::StrCat("sending ", frame.size(), " bytes through ",
                                  next_hop.interface));
}

}  // namespace l275
