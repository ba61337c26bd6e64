#ifndef L275_LB_AGENT_HEALTH_HEALTH_H_
#define L275_LB_AGENT_HEALTH_HEALTH_H_

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>

#include "common/ipv4_address.h"

namespace l275 {

// Monotonic: a jump of the wall clock changes nobody's health.
using HealthTime = std::chrono::steady_clock::time_point;

// What is known about a backend from its beacons. Only kUp gets flows.
enum class Health {
  kUnknown,  // never heard
  kUp,       // its last beacon said so, not longer ago than the timeout
  kDown,     // its last beacon said so, however long ago
  kSilent,   // was up, then silent for the timeout
};

// "unknown", "up", "down", "silent": as in logs, metrics and the control API.
constexpr const char* HealthWord(Health health) {
  switch (health) {
    case Health::kUnknown:
      return "unknown";
    case Health::kUp:
      return "up";
    case Health::kDown:
      return "down";
    case Health::kSilent:
      return "silent";
  }
  return "invalid";
}

struct BackendHealth {
  Health state = Health::kUnknown;
  HealthTime last_change;                 // of the state
  std::optional<HealthTime> last_beacon;  // the last accepted one; what
                                          // follows is from it
  std::chrono::milliseconds interval{0};
  uint64_t epoch = 0;
  uint64_t sequence = 0;
};

using HealthView = std::map<Ipv4Address, BackendHealth>;

}  // namespace l275

#endif  // L275_LB_AGENT_HEALTH_HEALTH_H_
