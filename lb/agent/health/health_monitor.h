#ifndef L275_LB_AGENT_HEALTH_HEALTH_MONITOR_H_
#define L275_LB_AGENT_HEALTH_HEALTH_MONITOR_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/beacon/beacon_message.h"
#include "common/event/limited_log.h"
#include "common/net/ipv4_address.h"
#include "common/net/service_address.h"
#include "lb/agent/health/flap_damper.h"
#include "lb/agent/health/health.h"
#include "lb/agent/health/interval_warnings.h"
#include "lb/agent/health/panic_watch.h"
#include "lb/agent/health/subject_state.h"

namespace l275 {

// Turns beacons, and their absence, into the health of the configured backends,
// and that into what each service does with them.
//
// A service uses the subject of its own port if that ever had a beacon, else
// that of the address. What it does with a silent backend depends on the
// others; see PanicWatch.
//
// Beacons come here when a BeaconFilter believes them. Pure logic: neither
// reads a clock nor does input or output, but logs a line for each change, as
// far as LimitedLog lets it. Not thread-safe; lives on the agent's one thread.
class HealthMonitor {
 public:
  struct Options {
    std::chrono::milliseconds timeout{1600};  // at least 1 ms
    int up_after = 3;                         // beacons, at least 1
    int panic_percent = 50;                   // 0 to 100; 0: no panic
    FlapDamper::Options flaps;
    // Changes of state, and begins and ends of panics, at most of each: few
    // where strangers can cause them.
    int log_lines_per_second = 10;
  };

  // One service's backends as the operator wants them, and its panic.
  struct Service {
    std::map<Ipv4Address, bool> backends;  // enabled?
    PanicWatch panic;
    PanicWatch::Census census;  // as last taken
  };

  // `on_change` is called once at the end of each call below that changed what
  // a service does with a backend; by SetServices() only when that begins or
  // ends a panic. It may read the monitor. Many backends may change in a row of
  // calls, at the agent's start for example: callers that do much work should
  // defer it to the event loop's next turn.
  HealthMonitor(const Options& options, std::function<void()> on_change);
  HealthMonitor(const HealthMonitor&) = delete;
  HealthMonitor& operator=(const HealthMonitor&) = delete;

  // Who had beacons of its own in an earlier agent's time. To be called before
  // SetServices().
  void SetSpeakers(std::set<HealthSubject> speakers);

  // These were up, or draining, when an earlier agent ended, and count as such
  // until a beacon or their silence says otherwise: backends in services on a
  // port, and whether they drained by their own word. To be called before
  // SetServices().
  void PresumeUp(std::map<HealthSubject, bool> draining);

  // From now on these are the services. Who was a backend already keeps its
  // state. The first call begins the start.
  void SetServices(const HealthServices& services, HealthTime now);

  // One for no subject of the services is ignored.
  void OnBeacon(const BeaconMessage& message, HealthTime now);

  // Makes those silent whose time is over, and ends panics.
  void Tick(HealthTime now);

  // When Tick() will next find something to do, if no more beacons come;
  // nullopt: never. Beacons never move it to an earlier time than half a
  // timeout from them. Takes time proportional to the number of backends.
  std::optional<HealthTime> NextTick() const;

  // What the service does with its backend.
  HealthVerdict VerdictOf(const ServiceAddress& service,
                          Ipv4Address backend) const;

  // The subject that speaks for the backend in services on this port, with its
  // health; null when the address is no backend.
  const SubjectStates::value_type* SubjectOf(Ipv4Address backend,
                                             uint16_t port) const;

  // All subjects. Valid and current as long as the monitor lives.
  const SubjectStates& subjects() const { return subjects_; }
  const std::map<ServiceAddress, Service>& services() const {
    return services_;
  }
  const Options& options() const { return options_; }

 private:
  void SetSubjects(const std::set<HealthSubject>& wanted, HealthTime now);
  void ApplyPresumed(HealthTime now);
  void SetBackendsOf(const HealthServices& services);
  void Follow(const HealthSubject& subject, const SubjectState& state,
              const SubjectState::Transition& transition, HealthTime now);
  bool IsTrusted(const HealthSubject& subject, const SubjectState& state) const;
  bool Trusts(const Service& service, const SubjectState& state) const;

  PanicWatch::Census TakeCensus(const ServiceAddress& address,
                                const Service& service, HealthTime now) const;
  void Judge(const ServiceAddress& address, Service* service, HealthTime now);
  void MarkServicesOf(Ipv4Address backend);
  void JudgeMarked(HealthTime now);
  void LogPanic(const ServiceAddress& address, const Service& service,
                HealthTime now);
  void TickLogs(HealthTime now);
  void TellOfChanges();

  const Options options_;
  const SubjectState::Options subject_options_;
  const PanicWatch::Options panic_options_;
  const std::function<void()> on_change_;
  std::optional<HealthTime> started_;
  std::set<HealthSubject> speakers_;
  std::map<HealthSubject, bool> presumed_draining_;
  SubjectStates subjects_;
  std::map<ServiceAddress, Service> services_;
  std::map<Ipv4Address, std::vector<ServiceAddress>> services_of_;
  // Those whose backends changed in this call: each is judged once, however
  // many did. Empty between calls.
  std::set<ServiceAddress> to_judge_;
  bool changed_ = false;  // since on_change_ was called
  HealthTime last_tick_;
  LimitedLog changes_log_;
  LimitedLog panics_log_;
  IntervalWarnings warnings_;
};

}  // namespace l275

#endif  // L275_LB_AGENT_HEALTH_HEALTH_MONITOR_H_
