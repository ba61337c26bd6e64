#ifndef L275_LB_AGENT_HEALTH_FLAP_DAMPER_H_
#define L275_LB_AGENT_HEALTH_FLAP_DAMPER_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include "lb/agent/health/health_time.h"

namespace l275 {

// Keeps a server out that comes and goes: each change of its state moves flows,
// and a server that cannot stay up is of no use.
//
// A server that changed `max_changes` times within `window` is damped instead
// of coming up once more: it stays out until it has reported up, without a
// break, for the length of the damping. The first damping lasts
// `first_damping`. Each further one lasts twice as long as the one before, up
// to 64 times the first; the length starts over if `window` and the length of
// the last damping have passed since that ended.
//
// Example with three changes in a minute: down, up, down are allowed, and the
// next up is one too many. So a server that flaps once a second makes three
// changes in all.
//
// Pure logic: reads no clock.
class FlapDamper {
 public:
  struct Options {
    int max_changes = 3;  // 0: never damps
    std::chrono::seconds window{60};
    std::chrono::seconds first_damping{30};
  };

  // The server began to get flows, or stopped getting them.
  void OnChange(const Options& options, HealthTime now);

  // A server that gets no flows reported up. Returns whether it may get flows
  // again; if not, it is damped.
  bool MayReturn(const Options& options, HealthTime now);

  // The server stopped reporting up. If it is damped its damping starts again.
  void OnRelapse(HealthTime now);

  // Nullopt while it is not damped.
  std::optional<HealthTime> damped_until() const { return damped_until_; }
  // The changes that were within the window at the last MayReturn(), and those
  // since; at most the newest max_changes.
  size_t recent_changes() const { return changes_.size(); }
  uint64_t changes() const { return total_; }      // since the start
  uint64_t dampings() const { return dampings_; }  // likewise

 private:
  void Damp(const Options& options, HealthTime now);

  std::deque<HealthTime> changes_;  // see recent_changes()
  std::optional<HealthTime> damped_until_;
  std::optional<HealthTime> released_;  // the end of the last damping
  HealthTime::duration damping_{0};     // the length of the last one
  uint64_t total_ = 0;
  uint64_t dampings_ = 0;
};

}  // namespace l275

#endif  // L275_LB_AGENT_HEALTH_FLAP_DAMPER_H_
