#ifndef L275_LB_AGENT_SLOWPATH_FRAME_SENDER_H_
#define L275_LB_AGENT_SLOWPATH_FRAME_SENDER_H_

#include <cstdint>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/os/unique_fd.h"
#include "lb/agent/nexthop/next_hop.h"

namespace l275 {

// Sends whole Ethernet frames through any interface (packet(7)): what leaves so
// depends on no driver's XDP, and no firewall or route of the kernel sees it.
//
// Sends from the network namespace in which it was created. One thread.
class FrameSender {
 public:
  // Needs CAP_NET_RAW.
  static absl::StatusOr<FrameSender> Create();

  // Writes the next hop's MAC addresses into the frame, which is at least an
  // Ethernet header long, and sends it through its interface. `next_hop` is
  // ready. Errors: the interface is down or gone, its queue is full, or the
  // frame is longer than its MTU. Never blocks.
  absl::Status Send(const NextHop& next_hop, absl::Span<uint8_t> frame) const;

 private:
  explicit FrameSender(UniqueFd socket) : socket_(std::move(socket)) {}

  UniqueFd socket_;
};

}  // namespace l275

#endif  // L275_LB_AGENT_SLOWPATH_FRAME_SENDER_H_
