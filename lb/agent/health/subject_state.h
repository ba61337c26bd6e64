#ifndef L275_LB_AGENT_HEALTH_SUBJECT_STATE_H_
#define L275_LB_AGENT_HEALTH_SUBJECT_STATE_H_

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "common/beacon/beacon_message.h"
#include "lb/agent/health/flap_damper.h"
#include "lb/agent/health/health.h"
#include "lb/agent/health/health_subject.h"
#include "lb/agent/health/health_time.h"
#include "lb/agent/health/loss_meter.h"

namespace l275 {

// The health of one subject (a backend, or one port of it), as its beacons and
// their absence change it:
//
//               beacons "up"               no beacon for the timeout
//   kUnknown ─────────────────► kUp ───────────────────────────────► kSilent
//      │                       ▲ │ ▲                                   │ │
//      │         beacons "up"  │ │ └───────────────────────────────────┘ │
//      │                       │ ▼ beacon "down"     beacons "up"        │
//      └─────────────────────► kDown ◄───────────────────────────────────┘
//
//                       │ kUnknown  kUp        kDown    kSilent   kDamped
//                       │           kDraining
//   ────────────────────┼───────────────────────────────────────────────────
//   beacon "down"       │ kDown     kDown *    -        kDown *   kDown
//   beacon "up"         │ up  1     reported   up  2,3  up  2,3   up  2,3
//   no beacon           │ -         kSilent    -        -  4      kSilent
//
//   -  The state stays.
//   *  Counts as a change for the FlapDamper. Coming up again counts too, and
//      so does a silence that ends in "up". But if the backend was trusted all
//      the while, neither the silence nor its end counts.
//   1  After Options::up_after such beacons in a row. One suffices during the
//      first timeout after the agent's start, so that a start is short.
//   2  After Options::up_after such beacons in a row. One suffices if a service
//      trusts the backend, that is, sends traffic to it although it is silent
//      or damped.
//   3  kDamped instead of up while the FlapDamper keeps the backend out.
//   4  A backend that reported "down" stays kDown when its beacons stop: it
//      went on purpose, and that is what an operator wants to read.
//
// "up" and "draining" beacons count alike: the backend becomes kUp or
// kDraining, as reported. kDraining lasts at least a second, so that a server
// that goes back and forth changes tables at most once a second. An "up" whose
// check is older than the beacon says it may be counts as "down".
//
// Invariant: the last beacon of a subject that is up, draining, silent or
// damped was not "down".
//
// Pure logic: reads no clock and logs nothing.
class SubjectState {
 public:
  struct Options {
    std::chrono::milliseconds timeout{1600};  // at least 1 ms
    int up_after = 3;                         // beacons, at least 1
    FlapDamper::Options flaps;
  };

  // What an event changed.
  struct Transition {
    Health from;  // the state before the event
    Health to;    // the state after it
    // Its share of new flows: the weight, or whether it drains while damped.
    bool share_changed = false;

    bool state_changed() const { return from != to; }
  };

  // How long after its last beacon a sender is silent: the timeout, and half an
  // interval (50 ms at most) for the jitter of senders. So as many beacons as
  // the timeout holds intervals can arrive in time.
  static std::chrono::milliseconds SilenceAfter(
      std::chrono::milliseconds timeout, std::chrono::milliseconds interval);

  // Unknown since `now`. One "up" beacon suffices before `start_end`. The
  // options must outlive this object.
  SubjectState(const Options* options, HealthTime now, HealthTime start_end);

  // Makes has_beacon() true: an earlier agent accepted beacons of this subject.
  void SetHasBeacon() { has_beacon_ = true; }

  // Assumes that the subject is up, or draining, until a beacon or their
  // absence shows its state: an earlier agent knew it so. Where two services
  // use the subject this is called twice; it drains if it drains in both.
  void Presume(bool draining, HealthTime now);

  // An accepted beacon of this subject. `trusted`: whether a service trusts the
  // backend now, see above.
  Transition OnBeacon(const BeaconMessage& message, bool trusted,
                      HealthTime now);

  // Time has passed: the subject becomes silent if SilentAt() is reached.
  Transition OnTime(HealthTime now);

  // When the subject becomes silent if no beacon comes; nullopt: it cannot.
  std::optional<HealthTime> SilentAt() const;

  // Whether it missed the last few beacons, though not for the whole timeout.
  // Only valid while IsUp(state()).
  bool IsQuiet(HealthTime now) const;

  Health state() const { return state_; }
  Health previous() const { return previous_; }  // the state before this one
  HealthTime last_change() const { return last_change_; }  // of the state
  const std::string& reason() const { return reason_; }    // of that change
  bool drains() const { return drains_; }
  // In percent of the configured weight.
  uint16_t weight() const { return weight_; }

  // Whether beacons of this very subject gave it a state, in this agent's time
  // or in an earlier one's.
  bool has_beacon() const { return has_beacon_; }
  // Whether the state is only assumed, see Presume().
  bool presumed() const { return presumed_; }
  // Of the last accepted beacon. While presumed: the time of Presume(), and the
  // timeout as interval.
  std::optional<HealthTime> last_beacon() const { return last_beacon_; }
  std::chrono::milliseconds interval() const { return interval_; }
  uint32_t key_id() const { return key_id_; }

  const LossMeter& loss() const { return loss_; }
  const FlapDamper& flaps() const { return flaps_; }

 private:
  void OnDown(const std::string& reason, HealthTime now);
  void OnUp(bool draining, bool trusted, HealthTime now);
  bool MayComeUp(bool trusted, HealthTime now);
  void UpdateDraining(bool draining, HealthTime now);
  void UpdateWeight(uint16_t weight, HealthTime now);
  void ChangeState(Health next, const std::string& reason, HealthTime now);
  Health ReportedState() const;
  std::string ReasonForUp() const;
  std::string ReasonForDamping(HealthTime now) const;

  const Options* options_;
  HealthTime start_end_;

  Health state_ = Health::kUnknown;
  Health previous_ = Health::kUnknown;
  HealthTime last_change_;
  std::string reason_ = "never heard";
  bool has_beacon_ = false;
  bool presumed_ = false;

  std::optional<HealthTime> last_beacon_;
  std::chrono::milliseconds interval_{0};
  uint32_t key_id_ = 0;
  int ups_in_a_row_ = 0;  // beacons, without a gap of the timeout

  // As last reported by an "up" or "draining" beacon, but for the rules about
  // how often they may change.
  bool drains_ = false;
  std::optional<HealthTime> drains_changed_;
  uint16_t weight_ = BeaconMessage::kFullWeight;
  std::optional<HealthTime> weight_changed_;

  LossMeter loss_;
  FlapDamper flaps_;
};

using SubjectStates = std::map<HealthSubject, SubjectState>;

}  // namespace l275

#endif  // L275_LB_AGENT_HEALTH_SUBJECT_STATE_H_
