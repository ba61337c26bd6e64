#ifndef L275_LB_AGENT_HEALTH_SERVICE_HEALTH_H_
#define L275_LB_AGENT_HEALTH_SERVICE_HEALTH_H_

#include <cstdint>
#include <map>
#include <string>

#include "common/beacon/beacon_message.h"
#include "common/net/ipv4_address.h"
#include "common/net/service_address.h"
#include "lb/agent/health/health_time.h"
#include "lb/agent/health/panic_watch.h"
#include "lb/agent/health/subject_state.h"

namespace l275 {

// What a service does with a backend because of its health.
struct BackendDecision {
  bool alive = false;            // keeps its flows
  bool takes_new_flows = false;  // only if alive
  // Alive although silent or damped, because too few others are up.
  bool trusted = false;
  uint16_t weight_percent = BeaconMessage::kFullWeight;
};

// The subject whose state counts for a backend in services on `port`: that of
// the port if its beacons ever gave it a state, otherwise that of the address.
// Null if the address is no backend.
const SubjectStates::value_type* FindSubject(const SubjectStates& subjects,
                                             Ipv4Address backend,
                                             uint16_t port);

// The backends of one service, whether it is in a panic, and what it therefore
// does with each backend:
//
//   state of the backend │ calm         suspecting       panic
//   ─────────────────────┼─────────────────────────────────────────
//   kUp, kDraining       │ alive        alive            alive
//   kSilent              │ not          trusted 1        trusted
//   kDamped              │ not          not              trusted
//   kDown, kUnknown      │ not          not              not
//
//   1  Only if it was up, and fell silent since the suspicion began.
//
// See PanicWatch for the modes. A trusted backend is alive. One that is alive
// takes new flows unless it drains.
//
// Pure logic: reads no clock and logs nothing.
class ServiceHealth {
 public:
  // The operator's wish for each backend: whether it is enabled.
  using Backends = std::map<Ipv4Address, bool>;

  ServiceHealth(const ServiceAddress& address,
                const PanicWatch::Options& options)
      : address_(address), options_(options) {}

  void SetBackends(const Backends& backends) { backends_ = backends; }

  // Counts the enabled backends by their states, and begins or ends a panic by
  // these counts. `subjects` must have one for the address of each backend.
  // Returns whether the panic's mode changed.
  bool Update(const SubjectStates& subjects, HealthTime now);

  // What the service does with a backend in this state.
  BackendDecision Decide(const SubjectState& backend) const;

  // "PANIC: ..." or "panic over: ...", for the log, with the counts.
  std::string DescribePanic() const;

  const Backends& backends() const { return backends_; }
  const PanicWatch& panic() const { return panic_; }
  const PanicWatch::Census& census() const { return census_; }

 private:
  PanicWatch::Census TakeCensus(const SubjectStates& subjects,
                                HealthTime now) const;
  bool Trusts(const SubjectState& backend) const;

  ServiceAddress address_;
  PanicWatch::Options options_;
  Backends backends_;
  PanicWatch panic_;
  PanicWatch::Census census_;  // of the last Update()
};

}  // namespace l275

#endif  // L275_LB_AGENT_HEALTH_SERVICE_HEALTH_H_
