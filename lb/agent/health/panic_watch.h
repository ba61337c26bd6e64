#ifndef L275_LB_AGENT_HEALTH_PANIC_WATCH_H_
#define L275_LB_AGENT_HEALTH_PANIC_WATCH_H_

#include <cstdint>
#include <optional>

#include "lb/agent/health/health_time.h"

namespace l275 {

// Decides for one service whether its backends' silence is theirs or the
// network's. When many fall silent at once, the likely cause is the network
// that carries the beacons, and to cut all of them off would make its outage
// the service's.
//
//            one falls silent, and many         fewer than the threshold
//            of the others are quiet            are up
//    kCalm ─────────────────────► kSuspecting ───────────────────► kPanic
//      ▲ ▲   the others speak          │                             │
//      │ └─────────────────────────────┘                             │
//      └─────────────────────────────────────────────────────────────┘
//            the threshold is reached, and was for a while
//
// In kPanic all backends that are silent or damped, and whose last word was not
// "down", are trusted. Beacons time out one after another, within an interval:
// without kSuspecting the first half of the backends would be cut off before
// the panic begins. So while others have missed some beacons too, a silence
// that begins is not acted upon; it is as soon as they speak.
//
// Pure logic: reads no clock.
class PanicWatch {
 public:
  enum class Mode { kCalm, kSuspecting, kPanic };

  struct Options {
    int percent = 50;  // of the backends; 0: never panics
    // For which the threshold has to be reached before a panic ends: time
    // for every backend to be heard again.
    HealthTime::duration recovery;
  };

  // Of a service's enabled backends.
  struct Census {
    int total = 0;
    int up = 0;
    int responding = 0;  // of those up: a beacon arrived recently
    int trustable = 0;   // silent or damped
  };

  // Returns whether the mode changed.
  bool Update(const Options& options, const Census& census, HealthTime now);

  Mode mode() const { return mode_; }
  HealthTime since() const { return since_; }  // the mode's begin
  uint64_t panics() const { return panics_; }

 private:
  Mode NextMode(const Options& options, const Census& census, HealthTime now);
  bool HasRecovered(const Options& options, bool enough, HealthTime now);

  Mode mode_ = Mode::kCalm;
  HealthTime since_;
  std::optional<HealthTime> enough_since_;
  uint64_t panics_ = 0;
};

// "calm", "suspecting", "panic": as in the control API.
const char* PanicWord(PanicWatch::Mode mode);

}  // namespace l275

#endif  // L275_LB_AGENT_HEALTH_PANIC_WATCH_H_
