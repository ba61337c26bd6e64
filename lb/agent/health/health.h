#ifndef L275_LB_AGENT_HEALTH_HEALTH_H_
#define L275_LB_AGENT_HEALTH_HEALTH_H_

namespace l275 {

// What is known about a subject from its beacons.
enum class Health {
  kUnknown,   // no beacon arrived yet
  kUp,        // its last beacons reported up, within the timeout
  kDraining,  // up, and wants no new flows
  kDown,      // its last beacon reported down, however long ago
  kSilent,    // was up, then sent no beacon for the timeout
  kDamped,    // reports up, but flapped: stays out until it is steady
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

// Whether a backend in this state keeps its flows, whatever the others do.
constexpr bool IsUp(Health health) {
  return health == Health::kUp || health == Health::kDraining;
}

// Whether a service may send traffic to a backend in this state all the same,
// because too few others are up. Its last beacon was not "down".
constexpr bool IsTrustable(Health health) {
  return health == Health::kSilent || health == Health::kDamped;
}

}  // namespace l275

#endif  // L275_LB_AGENT_HEALTH_HEALTH_H_
