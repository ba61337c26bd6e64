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
// A server that changed more than `max_changes` times within `window` is held
// out until it has said up, without a break, for a hold. The first hold is
// `first_hold`; each further one doubles, up to 64 times the first, until the
// server was left alone for a window and the last hold's length.
//
// With three changes in a minute: down, up, down, and the next up is one
// too many. A server that flaps once a second makes three changes in all.
//
// Pure logic: reads no clock.
class FlapDamper {
 public:
  struct Options {
    int max_changes = 3;  // 0: never holds
    std::chrono::seconds window{60};
    std::chrono::seconds first_hold{30};
  };

  // The server began or ceased to get flows.
  void OnChange(const Options& options, HealthTime now);

  // The server, without flows, says up: whether it may have them again.
  bool MayReturn(const Options& options, HealthTime now);

  // The server, held out, ceased to say up: its hold begins anew.
  void OnRelapse(HealthTime now);

  // Nullopt while it is not held out.
  std::optional<HealthTime> held_until() const { return held_until_; }
  // Those within the window when MayReturn() last looked, and since; of them
  // the newest max_changes.
  size_t recent_changes() const { return changes_.size(); }
  uint64_t changes() const { return total_; }  // since the start
  uint64_t holds() const { return holds_; }    // likewise

 private:
  void Hold(const Options& options, HealthTime now);

  std::deque<HealthTime> changes_;  // of the window, the newest max_changes
  std::optional<HealthTime> held_until_;
  std::optional<HealthTime> released_;  // the end of the last hold
  HealthTime::duration hold_{0};        // the length of the last hold
  uint64_t total_ = 0;
  uint64_t holds_ = 0;
};

}  // namespace l275

#endif  // L275_LB_AGENT_HEALTH_FLAP_DAMPER_H_
