#ifndef L275_LB_AGENT_SLOWPATH_WAITING_FRAMES_H_
#define L275_LB_AGENT_SLOWPATH_WAITING_FRAMES_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <vector>

#include "absl/types/span.h"
#include "common/net/ipv4_address.h"
#include "lb/agent/slowpath/slow_path_counters.h"

namespace l275 {

// Frames that wait until their backend's MAC address is known, in the order in
// which they came.
//
// However many come, memory is bounded: over a bound the oldest frame goes, of
// the backend that has too many or of all. Young frames are worth more: a
// client has repeated an old one by now.
//
// Pure logic: the caller tells the time, which never goes back.
class WaitingFrames {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  using Frame = std::vector<uint8_t>;

  struct Limits {
    size_t frames_per_backend = 64;
    size_t frames = 4096;
    std::chrono::milliseconds age{3000};
  };

  // `counters` outlives this object and gets what is dropped here.
  WaitingFrames(const Limits& limits, SlowPathCounters* counters)
      : limits_(limits), counters_(*counters) {}
  WaitingFrames(const WaitingFrames&) = delete;
  WaitingFrames& operator=(const WaitingFrames&) = delete;

  // Copies the frame.
  void Add(Ipv4Address backend, absl::Span<const uint8_t> frame, TimePoint now);
  // All frames of a backend, oldest first; they wait no longer.
  std::vector<Frame> Take(Ipv4Address backend);
  // Drops those that are too old.
  void Expire(TimePoint now);

  // When the oldest will be too old; none when nothing waits.
  std::optional<TimePoint> NextExpiry() const;
  size_t size() const { return waiting_.size(); }
  size_t SizeOf(Ipv4Address backend) const;
  // Those for which frames wait.
  std::vector<Ipv4Address> Backends() const;

 private:
  struct Waiting {
    Ipv4Address backend;
    TimePoint since;
    Frame frame;
  };
  using Queue = std::list<std::list<Waiting>::iterator>;

  void DropOldestOf(Ipv4Address backend, SlowPathDrop reason);

  const Limits limits_;
  SlowPathCounters& counters_;
  std::list<Waiting> waiting_;               // of all backends, oldest first
  std::map<Ipv4Address, Queue> by_backend_;  // none is empty
};

}  // namespace l275

#endif  // L275_LB_AGENT_SLOWPATH_WAITING_FRAMES_H_
