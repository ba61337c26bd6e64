#ifndef L275_LB_AGENT_HEALTH_LOSS_SIMULATION_H_
#define L275_LB_AGENT_HEALTH_LOSS_SIMULATION_H_

#include <chrono>
#include <cstdint>

namespace l275 {

// A simulation, with its own clock, of servers that are always up, a network
// that loses some of their beacons, and a HealthMonitor that gets the others.
struct LossSimulation {
  int servers = 100;
  double loss = 0.3;  // the probability of losing a beacon
  std::chrono::milliseconds interval{100};
  double jitter = 0.1;  // at most, either way, as a part of the interval
  std::chrono::milliseconds timeout{1600};
  std::chrono::seconds duration{86400};
  uint64_t seed = 1;
};

struct LossResult {
  uint64_t sent = 0;
  uint64_t received = 0;
  uint64_t silences = 0;  // all false: each server is up all the time
  uint64_t downs = 0;     // changes to any other state than up
  // The expected number of silences, by arithmetic: after a beacon that
  // arrived, n - 1 are lost, and n intervals are longer than the timeout.
  double expected = 0;
};

LossResult Simulate(const LossSimulation& simulation);

}  // namespace l275

#endif  // L275_LB_AGENT_HEALTH_LOSS_SIMULATION_H_
