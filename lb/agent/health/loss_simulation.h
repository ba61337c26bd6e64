#ifndef L275_LB_AGENT_HEALTH_LOSS_SIMULATION_H_
#define L275_LB_AGENT_HEALTH_LOSS_SIMULATION_H_

#include <chrono>
#include <cstdint>

namespace l275 {

// Servers that are always up, whose beacons pass a network that loses some, and
// a HealthMonitor that hears the rest, on a clock of their own.
struct LossSimulation {
  int servers = 100;
  double loss = 0.3;  // of beacons, each on its own
  std::chrono::milliseconds interval{100};
  double jitter = 0.1;  // of the interval, to either side, evenly
  std::chrono::milliseconds timeout{1600};
  std::chrono::seconds duration{86400};
  uint64_t seed = 1;
};

struct LossResult {
  uint64_t sent = 0;
  uint64_t heard = 0;
  uint64_t silences = 0;  // false ones: each server is up all the time
  uint64_t downs = 0;     // changes to any other state than up
  // Silences by arithmetic: after a beacon that was heard, n - 1 are lost and
  // the n intervals are longer than the timeout.
  double expected = 0;
};

LossResult Simulate(const LossSimulation& simulation);

}  // namespace l275

#endif  // L275_LB_AGENT_HEALTH_LOSS_SIMULATION_H_
