#ifndef L275_LB_AGENT_HEALTH_HEALTH_MONITOR_H_
#define L275_LB_AGENT_HEALTH_HEALTH_MONITOR_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "common/beacon/beacon_message.h"
#include "common/event/limited_log.h"
#include "common/net/ipv4_address.h"
#include "common/net/service_address.h"
#include "lb/agent/health/health_subject.h"
#include "lb/agent/health/health_time.h"
#include "lb/agent/health/interval_warnings.h"
#include "lb/agent/health/panic_watch.h"
#include "lb/agent/health/service_health.h"
#include "lb/agent/health/subject_state.h"

namespace l275 {

// Turns beacons, and their absence, into the health of the configured backends,
// and that into what each service does with them:
//
//   beacon, time ─► SubjectState ─► ServiceHealth ─► DecisionFor()
//                   of a backend    of each service
//                   or its port     that has it
//
// Owns both, keeps them as the configuration has them, passes each change on to
// the services that it concerns, and logs it.
//
// Beacons come here after a BeaconFilter accepted them. Reads no clock; its
// only output are log lines, one for each change within the limits of
// LimitedLog. Not thread-safe; lives on the agent's one thread.
class HealthMonitor {
 public:
  struct Options : SubjectState::Options {
    int panic_percent = 50;  // 0 to 100; 0: no panic
    // At most so many lines about changes of state, and so many about panics:
    // few where strangers can cause them.
    int log_lines_per_second = 10;
  };

  // `on_change` is called once at the end of each call below that changed what
  // a service does with a backend; by SetServices() only when that begins or
  // ends a panic. It may read the monitor. Many calls in a row may change
  // something, at the agent's start for example: an `on_change` that does much
  // work should put it off until the event loop's next turn.
  HealthMonitor(const Options& options, std::function<void()> on_change);
  HealthMonitor(const HealthMonitor&) = delete;
  HealthMonitor& operator=(const HealthMonitor&) = delete;

  // The subjects that an earlier agent accepted beacons of. Must be called
  // before SetServices().
  void SetKnownSenders(std::set<HealthSubject> senders);

  // Backends in services on a port that were alive when an earlier agent ended,
  // and whether they drained because their beacons said so. They are assumed to
  // be up, or draining, until a beacon or their silence shows otherwise. Must
  // be called before SetServices().
  void PresumeUp(std::map<HealthSubject, bool> draining);

  // From now on these are the services. A backend that was one before keeps its
  // state. The first call begins the start, in which one beacon suffices.
  void SetServices(const HealthServices& services, HealthTime now);

  // Ignores a beacon that is for no subject of the services.
  void OnBeacon(const BeaconMessage& message, HealthTime now);

  // Makes those silent whose time is over, and ends panics.
  void Tick(HealthTime now);

  // When Tick() will next have something to do if no more beacons come;
  // nullopt: never. A beacon never moves it to a time that is less than half a
  // timeout after the beacon. Takes time proportional to the number of
  // backends.
  std::optional<HealthTime> NextTick() const;

  // What the service does with its backend.
  BackendDecision DecisionFor(const ServiceAddress& service,
                              Ipv4Address backend) const;

  // See FindSubject().
  const SubjectStates::value_type* SubjectOf(Ipv4Address backend,
                                             uint16_t port) const {
    return FindSubject(subjects_, backend, port);
  }

  // Both are valid and current as long as the monitor lives.
  const SubjectStates& subjects() const { return subjects_; }
  const std::map<ServiceAddress, ServiceHealth>& services() const {
    return services_;
  }
  const Options& options() const { return options_; }

 private:
  void SetSubjects(const std::set<HealthSubject>& wanted, HealthTime now);
  void SetBackends(const HealthServices& services);
  void ApplyPresumed(HealthTime now);
  bool IsTrusted(const HealthSubject& subject, const SubjectState& state) const;
  void ApplyTransition(const HealthSubject& subject, const SubjectState& state,
                       const SubjectState::Transition& transition,
                       HealthTime now);
  void UpdateService(const ServiceAddress& address, HealthTime now);
  void FinishCall(HealthTime now);
  void TickLogs(HealthTime now);

  const Options options_;
  const PanicWatch::Options panic_options_;
  const std::function<void()> on_change_;
  std::optional<HealthTime> started_;
  std::set<HealthSubject> known_senders_;
  std::map<HealthSubject, bool> presumed_draining_;
  SubjectStates subjects_;
  std::map<ServiceAddress, ServiceHealth> services_;
  std::map<Ipv4Address, std::vector<ServiceAddress>> services_of_;
  // Services to update at the end of this call: once each, however many of
  // their backends changed. Empty between calls.
  std::set<ServiceAddress> to_update_;
  bool changed_ = false;  // since on_change_ was called
  HealthTime last_tick_;
  LimitedLog changes_log_;
  LimitedLog panics_log_;
  IntervalWarnings warnings_;
};

}  // namespace l275

#endif  // L275_LB_AGENT_HEALTH_HEALTH_MONITOR_H_
