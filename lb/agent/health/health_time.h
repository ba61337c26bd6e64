#ifndef L275_LB_AGENT_HEALTH_HEALTH_TIME_H_
#define L275_LB_AGENT_HEALTH_HEALTH_TIME_H_

#include <chrono>

namespace l275 {

// Monotonic, so that a jump of the wall clock changes no backend's health.
using HealthTime = std::chrono::steady_clock::time_point;

}  // namespace l275

#endif  // L275_LB_AGENT_HEALTH_HEALTH_TIME_H_
