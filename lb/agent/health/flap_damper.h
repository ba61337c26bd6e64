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
// and a server that cannot stay up serves nobody.
//
// A server that changed more than `max_changes` times within `window` is
// damped: it stays out until it has said up, without a break, for the damping's
// length. The first damping takes `first_damping`; each further one doubles, up
// to 64 times the first, until the server was left alone for a window and the
// last damping's length.
//
// With three changes in a minute: down, up, down, and the next up is one
// too many. A server that flaps once a second makes three changes in all.
//
// Pure logic: reads no clock.
class FlapDamper {
 public:
  struct Options {
    int max_changes = 3;  // 0: never damps
    std::chrono::seconds window{60};
    std::chrono::seconds first_damping{30};
  };

  // The server began or ceased to get flows.
  void OnChange(const Options& options, HealthTime now);

  // The server, without flows, says up: whether it may have them again.
  bool MayReturn(const Options& options, HealthTime now);

  // The server, while damped, stopped saying up: its damping starts again.
  void OnRelapse(HealthTime now);

  // Nullopt while it is not damped.
  std::optional<HealthTime> damped_until() const { return damped_until_; }
  // Those within the window when MayReturn() last looked, and since; of them
  // the newest max_changes.
  size_t recent_changes() const { return changes_.size(); }
  uint64_t changes() const { return total_; }      // since the start
  uint64_t dampings() const { return dampings_; }  // likewise

 private:
  void Damp(const Options& options, HealthTime now);

  std::deque<HealthTime> changes_;  // of the window, the newest max_changes
  std::optional<HealthTime> damped_until_;
  std::optional<HealthTime> released_;  // the end of the last damping
  HealthTime::duration damping_{0};     // the length of the last one
  uint64_t total_ = 0;
  uint64_t dampings_ = 0;
};

}  // namespace l275

#endif  // L275_LB_AGENT_HEALTH_FLAP_DAMPER_H_
