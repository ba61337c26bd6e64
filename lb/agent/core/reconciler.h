#ifndef L275_LB_AGENT_CORE_RECONCILER_H_
#define L275_LB_AGENT_CORE_RECONCILER_H_

#include <event2/event.h>

#include <cstdint>
#include <functional>
#include <map>

#include "absl/status/status.h"
#include "common/event/limited_loop_log.h"
#include "common/event/timer.h"
#include "common/net/mac_address.h"
#include "lb/agent/config/desired_state.h"
#include "lb/agent/core/agent_parts.h"
#include "lb/agent/core/snapshot_builder.h"
#include "lb/agent/health/reachability.h"

namespace l275 {

// Makes the maps say what the operator wants, as far as backends are healthy
// and reachable:
//
//   desired state ──┐
//   health monitor ─┼─► snapshot ─► map writer ─► maps
//   next hops ──────┤
//                   └─► slow path, which sends what the program cannot yet
//
// A change of the desired state is written before SetDesired() returns. Changes
// of health and next hops come in crowds, so they are written once, on the
// event loop's next turn (WriteLater()). When a drain ends, or a backend has
// been unreachable for too long, the maps are written again without a cause
// from outside.
class Reconciler {
 public:
  // `parts` outlives the calls of what follows; Write() needs the map writer.
  // `before_write` is called before each write.
  Reconciler(event_base* base, const Reachability::Options& reachability,
             AgentParts* parts, std::function<void()> before_write);
  Reconciler(const Reconciler&) = delete;
  Reconciler& operator=(const Reconciler&) = delete;

  // Before this nothing is written.
  void AllowWrites() { allowed_ = true; }

  // ResourceExhausted when the maps have no room for it; then nothing has
  // changed.
  absl::Status SetDesired(DesiredState desired);
  const DesiredState& desired() const { return desired_; }

  absl::Status Write();
  void WriteLater();
  // How the last Write() ended.
  const absl::Status& written() const { return written_; }
  uint64_t write_failures() const { return write_failures_; }

  const Reachability& reachability() const { return reachability_; }

  // Sends waiting frames whose backend is reachable by now.
  void FlushSlowPath();

 private:
  SnapshotSources Sources(const DesiredState& desired,
                          const std::map<uint32_t, MacAddress>& ingress) const;
  absl::Status CheckFits(const DesiredState& desired) const;
  void WatchBackends();
  bool UpdateReachability();
  void StartDrainTimer(uint64_t wall_clock);
  void WriteAndLog();

  AgentParts& parts_;
  const std::function<void()> before_write_;
  bool allowed_ = false;
  DesiredState desired_;
  Reachability reachability_;
  absl::Status written_;
  uint64_t write_failures_ = 0;  // snapshots that did not fit
  LimitedLoopLog log_;
  Timer write_timer_;
  Timer drain_timer_;
  Timer reachability_timer_;
};

}  // namespace l275

#endif  // L275_LB_AGENT_CORE_RECONCILER_H_
