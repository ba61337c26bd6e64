#ifndef L275_LB_AGENT_HEALTH_HEALTH_H_
#define L275_LB_AGENT_HEALTH_HEALTH_H_

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "common/beacon/beacon_message.h"
#include "lb/agent/health/flap_damper.h"
#include "lb/agent/health/health_subject.h"
#include "lb/agent/health/health_time.h"
#include "lb/agent/health/loss_meter.h"

namespace l275 {

// What is known about a subject from its beacons.
enum class Health {
  kUnknown,   // never heard
  kUp,        // its last beacons said so, not longer ago than the timeout
  kDraining,  // up, and wants no new flows
  kDown,      // its last beacon said so, however long ago
  kSilent,    // was up, then silent for the timeout
  kDamped,    // says up, but flapped: stays out until it is steady
};

// "unknown", "up", ...: as in logs, metrics and the control API.
constexpr const char* HealthWord(Health health) {
  switch (health) {
    case Health::kUnknown:
      return "unknown";
    case Health::kUp:
      return "up";
    case Health::kDraining:
      return "draining";
    case Health::kDown:
      return "down";
    case Health::kSilent:
      return "silent";
    case Health::kDamped:
      return "damped";
  }
  return "invalid";
}

// Whether a backend in this state keeps its flows by its own word.
constexpr bool IsUp(Health health) {
  return health == Health::kUp || health == Health::kDraining;
}

struct BackendHealth {
  Health state = Health::kUnknown;
  Health previous = Health::kUnknown;  // the state before this one
  HealthTime last_change;              // of the state
  std::string reason = "never heard";  // of the last change
  // Its own beacons gave it a state, in this agent's time or in an earlier
  // one's.
  bool has_beacon = false;

  // Up or draining for no better reason than that an earlier agent knew so.
  bool presumed = false;

  // Of the last accepted beacon; or, while presumed, of the start, with the
  // timeout for an interval.
  std::optional<HealthTime> last_beacon;
  bool says_up = false;  // its word, stale checks considered
  // What it said when it last said up, as it counts: kUp or kDraining, which
  // lasts a second at least.
  Health word = Health::kUp;
  std::optional<HealthTime> word_changed;
  std::chrono::milliseconds interval{0};
  uint32_t key_id = 0;
  int in_a_row = 0;  // beacons that said up

  // In percent, as it counts for tables: changes at most once a second.
  uint16_t weight = BeaconMessage::kFullWeight;
  std::optional<HealthTime> weight_changed;

  LossMeter loss;
  FlapDamper flaps;
};

using HealthView = std::map<HealthSubject, BackendHealth>;

// What a service does with a backend on account of its health.
struct HealthVerdict {
  bool alive = false;            // keeps its flows
  bool takes_new_flows = false;  // only if alive
  // Silent or damped, and yet alive: too few others are up.
  bool trusted = false;
  uint16_t weight_percent = BeaconMessage::kFullWeight;
};

}  // namespace l275

#endif  // L275_LB_AGENT_HEALTH_HEALTH_H_
