#ifndef L275_LB_AGENT_SLOWPATH_FRAME_FORWARDER_H_
#define L275_LB_AGENT_SLOWPATH_FRAME_FORWARDER_H_

#include <event2/event.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>

#include "absl/types/span.h"
#include "common/event/limited_loop_log.h"
#include "common/event/timer.h"
#include "common/net/ipv4_address.h"
#include "lb/agent/nexthop/next_hop.h"
#include "lb/agent/nexthop/next_hop_monitor.h"
#include "lb/agent/slowpath/frame_sender.h"
#include "lb/agent/slowpath/slow_path_counters.h"
#include "lb/agent/slowpath/time_exceeded_sender.h"
#include "lb/agent/slowpath/waiting_frames.h"

namespace l275 {

// Decides what becomes of a frame that the program handed over: sent when its
// backend's next hop is known by now, waiting while the kernel is asked for the
// MAC address, dropped when there is no way to the backend or no such backend.
// A frame whose TTL has ended is answered.
//
// The frames of a backend leave in the order in which they came.
//
// One thread, that of the event loop, which outlives the object.
class FrameForwarder {
 public:
  struct Callbacks {
    // A frame for a backend has come; whether it gets there is open.
    std::function<void(absl::Span<const uint8_t> frame)> on_taken;
    // A frame was sent to a backend.
    std::function<void(Ipv4Address backend, absl::Span<const uint8_t> frame)>
        on_sent;
  };

  // `next_hops` outlives the object; its targets are the backends.
  FrameForwarder(event_base* base, NextHopMonitor* next_hops,
                 FrameSender sender, TimeExceededSender time_exceeded,
                 const WaitingFrames::Limits& limits, Callbacks callbacks);
  FrameForwarder(const FrameForwarder&) = delete;
  FrameForwarder& operator=(const FrameForwarder&) = delete;

  // Takes a frame as bpf/send/slow_path.h made it, and may write to it.
  void Handle(absl::Span<uint8_t> frame);
  // Sends or drops what waits, where the next hops say so by now.
  void Release();

  // What the sockets lost is not among it.
  const SlowPathCounters& counters() const { return counters_; }
  const WaitingFrames& waiting() const { return waiting_; }

 private:
  const NextHop* FindNextHop(Ipv4Address backend) const;
  void Keep(Ipv4Address backend, absl::Span<const uint8_t> frame);
  void Release(Ipv4Address backend);
  void Send(Ipv4Address backend, const NextHop& next_hop,
            absl::Span<uint8_t> frame);
  void Answer(absl::Span<const uint8_t> frame);
  void CountFailure(const absl::Status& status);
  void StartTimer();
  void OnTimer();

  NextHopMonitor& next_hops_;
  const FrameSender sender_;
  const TimeExceededSender time_exceeded_;
  const Callbacks callbacks_;
  LimitedLoopLog errors_log_;
  SlowPathCounters counters_;
  WaitingFrames waiting_;
  Timer timer_;  // runs while frames wait
};

}  // namespace l275

#endif  // L275_LB_AGENT_SLOWPATH_FRAME_FORWARDER_H_
