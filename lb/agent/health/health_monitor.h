#ifndef L275_LB_AGENT_HEALTH_HEALTH_MONITOR_H_
#define L275_LB_AGENT_HEALTH_HEALTH_MONITOR_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "common/beacon_message.h"
#include "common/ipv4_address.h"
#include "lb/agent/health/health.h"
#include "lb/agent/health/limited_log.h"

namespace l275 {

// What became of the datagrams that arrived, since the start.
struct BeaconCounters {
  uint64_t accepted = 0;
  uint64_t malformed = 0;       // no beacon of a known version
  uint64_t stale = 0;           // not newer than the sender's last one
  uint64_t unknown_sender = 0;  // for an address that is no backend
};

// Turns beacons, and their absence, into the health of the configured backends:
//
//                beacon "up"            timeout without a beacon
//    kUnknown ─────────────────► kUp ────────────────────────────► kSilent
//       │                      ▲  │ ▲                                │ │
//       │          beacon "up" │  │ └────────────────────────────────┘ │
//       │                      │  ▼ beacon "down"                      │
//       └────────────────────► kDown ◄─────────────────────────────────┘
//
// A backend that said "down" stays kDown when it falls silent: it went on
// purpose, and that is what an operator wants to read.
//
// Which beacon is newer is decided by (epoch, sequence), so that datagrams that
// the network duplicates, delays or reorders change nothing. A sender whose
// clock was set back before it was started anew has an older epoch; it is
// believed once the backend has not been heard for the timeout.
//
// Nothing is kept about addresses that are no backends. One that becomes a
// backend is kUnknown until its next beacon.
//
// Pure logic: neither reads a clock nor does input or output, but logs a line
// for each change of state, as far as LimitedLog lets it. Not thread-safe;
// lives on the agent's one thread.
class HealthMonitor {
 public:
  struct Options {
    std::chrono::milliseconds timeout{1600};  // at least 1 ms
  };

  // `on_change` is called once at the end of each call below that changed a
  // backend's state, SetBackends() excepted. It may read the monitor. Many
  // backends may change in a row of calls, at the agent's start for example:
  // callers that do much work should defer it to the event loop's next turn.
  HealthMonitor(const Options& options, std::function<void()> on_change);

  // From now on these are the backends. Who was one already keeps its state.
  void SetBackends(const std::set<Ipv4Address>& backends, HealthTime now);

  // These were up when an earlier agent ended, and are from now on, as if their
  // beacons had been heard just now. Before SetBackends().
  void PresumeUp(const std::set<Ipv4Address>& backends, HealthTime now);

  void OnBeacon(const BeaconMessage& message, HealthTime now);

  // A datagram that `why` says is no beacon, from `sender`. Counts it, and logs
  // at most one such a minute.
  void OnMalformed(const absl::Status& why, Ipv4Address sender);

  // Makes those silent whose time is over.
  void ExpireSilent(HealthTime now);

  // When ExpireSilent() will next find one, if no more beacons come; nullopt
  // while no backend is up. While one is, beacons never move it to an earlier
  // time. Takes time proportional to the number of backends.
  std::optional<HealthTime> NextExpiry() const;

  // All configured backends. Valid and current as long as the monitor lives.
  const HealthView& view() const { return backends_; }
  const BeaconCounters& counters() const { return counters_; }
  std::chrono::milliseconds timeout() const { return options_.timeout; }

 private:
  struct IntervalWarning {
    HealthTime at;
    std::chrono::milliseconds interval;
  };

  bool IsNews(const BackendHealth& backend, const BeaconMessage& message,
              HealthTime now) const;
  void ChangeState(Ipv4Address address, Health next, HealthTime now,
                   const std::string& reason, BackendHealth* backend);
  void WarnOfLongInterval(const BackendHealth& backend,
                          const BeaconMessage& message, HealthTime now);

  const Options options_;
  const std::function<void()> on_change_;
  HealthView backends_;
  BeaconCounters counters_;
  LimitedLog changes_log_{"changes of backends' states"};
  std::map<Ipv4Address, IntervalWarning> warnings_;  // each backend's last
};

}  // namespace l275

#endif  // L275_LB_AGENT_HEALTH_HEALTH_MONITOR_H_
