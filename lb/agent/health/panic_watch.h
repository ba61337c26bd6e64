#ifndef L275_LB_AGENT_HEALTH_PANIC_WATCH_H_
#define L275_LB_AGENT_HEALTH_PANIC_WATCH_H_

#include <cstdint>
#include <optional>

#include "lb/agent/health/health_time.h"

namespace l275 {

// Decides for one service whether its backends are silent because they failed,
// or because the network that carries the beacons did. When many fall silent at
// once the network is the likely cause; to cut off all of them would turn its
// outage into an outage of the service.
//
//            one falls silent, and many of      fewer than the threshold
//            the others do not respond          are up
//    kCalm ─────────────────────► kSuspecting ───────────────────► kPanic
//      ▲ ▲   the others respond        │                             │
//      │ └─────────────────────────────┘                             │
//      └─────────────────────────────────────────────────────────────┘
//            the threshold is reached, and was for a while
//
// kPanic: the service ignores all silences, and damping too. Backends that are
// silent or damped are trusted, that is, they get traffic. Backends that
// reported "down" do not.
//
// kSuspecting: the service ignores silences that began after the suspicion.
// Beacons time out one after another, within an interval: without this mode
// many backends would be cut off before the panic begins.
//
// Pure logic: reads no clock.
class PanicWatch {
 public:
  enum class Mode { kCalm, kSuspecting, kPanic };

  struct Options {
    int percent = 50;  // of the backends; 0: never panics
    // How long the threshold must be reached before a panic ends: every
    // backend should have had time to respond again.
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
  HealthTime since() const { return since_; }  // when the mode began
  uint64_t panics() const { return panics_; }

 private:
  Mode NextMode(const Options& options, const Census& census, HealthTime now);
  bool HasRecovered(const Options& options, bool enough, HealthTime now);

  Mode mode_ = Mode::kCalm;
  HealthTime since_;
  std::optional<HealthTime> enough_since_;
  uint64_t panics_ = 0;
};

// "calm", "suspecting" or "panic", as in the control API.
const char* PanicWord(PanicWatch::Mode mode);

}  // namespace l275

#endif  // L275_LB_AGENT_HEALTH_PANIC_WATCH_H_
