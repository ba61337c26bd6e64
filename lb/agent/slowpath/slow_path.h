#ifndef L275_LB_AGENT_SLOWPATH_SLOW_PATH_H_
#define L275_LB_AGENT_SLOWPATH_SLOW_PATH_H_

#include <event2/event.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>

#include "absl/status/statusor.h"
#include "common/net/ipv4_address.h"
#include "lb/agent/nexthop/next_hop_monitor.h"
#include "lb/agent/slowpath/frame_forwarder.h"
#include "lb/agent/slowpath/slow_path_counters.h"
#include "lb/agent/slowpath/slow_path_sockets.h"

namespace l275 {

// The way of frames for a backend that has no next-hop record (yet), so that
// none is lost because an ARP entry was cold:
//
//   program ──redirect──► sockets ─► forwarder ──► the backend's interface
//                                     │    ▲
//                            next hop ?    └ waits until it is known
//
// The program (bpf/send/slow_path.h) has written the backend's address in place
// of the destination MAC address, and done everything else. Frames whose TTL
// has ended come by the same sockets; they are answered.
//
// One thread, that of the event loop, which outlives the object.
class SlowPath {
 public:
  struct Options {
    // Lets the driver put frames into the agent's memory where it can. It then
    // does so with every frame of the queue, also those that the program sends
    // on (see docs/architecture.md).
    bool zero_copy = false;
    WaitingFrames::Limits limits;
  };

  // `map_fd` is that of the map `slow_path`. `next_hops` outlives the object.
  // `on_change`: see SlowPathSockets; `callbacks`: see FrameForwarder. Errors:
  // packet or raw sockets cannot be had.
  static absl::StatusOr<std::unique_ptr<SlowPath>> Create(
      event_base* base, int map_fd, NextHopMonitor* next_hops,
      const Options& options, std::function<void()> on_change,
      FrameForwarder::Callbacks callbacks);
  SlowPath(const SlowPath&) = delete;
  SlowPath& operator=(const SlowPath&) = delete;

  SlowPathSockets& sockets() { return sockets_; }
  const SlowPathSockets& sockets() const { return sockets_; }
  const WaitingFrames& waiting() const { return forwarder_.waiting(); }

  // To be called when next hops have changed, and again just before a record of
  // them is written for the program: what came before the record leaves before
  // what comes after it.
  void Flush();

  SlowPathCounters counters() const;

 private:
  SlowPath(event_base* base, int map_fd, NextHopMonitor* next_hops,
           FrameSender sender, TimeExceededSender time_exceeded,
           const Options& options, std::function<void()> on_change,
           FrameForwarder::Callbacks callbacks);

  FrameForwarder forwarder_;
  SlowPathSockets sockets_;
};

}  // namespace l275

#endif  // L275_LB_AGENT_SLOWPATH_SLOW_PATH_H_
