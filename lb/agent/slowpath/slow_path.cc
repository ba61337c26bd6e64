#include "lb/agent/slowpath/slow_path.h"

#include <utility>

#include "common/os/status_util.h"

namespace l275 {

absl::StatusOr<std::unique_ptr<SlowPath>> SlowPath::Create(
    event_base* base, int map_fd, NextHopMonitor* next_hops,
    const Options& options, std::function<void()> on_change,
    FrameForwarder::Callbacks callbacks) {
  L275_ASSIGN_OR_RETURN(FrameSender sender, FrameSender::Create());
  L275_ASSIGN_OR_RETURN(TimeExceededSender time_exceeded,
                        TimeExceededSender::Create());
  return std::unique_ptr<SlowPath>(new SlowPath(
      base, map_fd, next_hops, std::move(sender), std::move(time_exceeded),
      options, std::move(on_change), std::move(callbacks)));
}

SlowPath::SlowPath(event_base* base, int map_fd, NextHopMonitor* next_hops,
                   FrameSender sender, TimeExceededSender time_exceeded,
                   const Options& options, std::function<void()> on_change,
                   FrameForwarder::Callbacks callbacks)
    : forwarder_(base, next_hops, std::move(sender), std::move(time_exceeded),
                 options.limits, std::move(callbacks)),
      sockets_(
          base, map_fd, options.zero_copy,
          [this](absl::Span<uint8_t> frame) { forwarder_.Handle(frame); },
          std::move(on_change)) {}

// What waits came before what still is in the sockets.
void SlowPath::Flush() {
  forwarder_.Release();
  sockets_.ReceiveAll();
}

SlowPathCounters SlowPath::counters() const {
  SlowPathCounters counters = forwarder_.counters();
  const XskSocket::Drops drops = sockets_.drops();
  counters.dropped.Add(SlowPathDrop::kRingFull, drops.ring_full);
  counters.dropped.Add(SlowPathDrop::kTooLong, drops.too_long);
  return counters;
}

}  // namespace l275
