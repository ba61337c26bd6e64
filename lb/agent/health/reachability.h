#ifndef L275_LB_AGENT_HEALTH_REACHABILITY_H_
#define L275_LB_AGENT_HEALTH_REACHABILITY_H_

#include <chrono>
#include <map>
#include <optional>
#include <set>

#include "common/event/limited_log.h"
#include "common/net/ipv4_address.h"
#include "common/net/service_address.h"
#include "lb/agent/health/health_time.h"
#include "lb/agent/health/panic_watch.h"
#include "lb/agent/nexthop/next_hop.h"

namespace l275 {

// Decides which backends get no new flows because no frame reaches them.
// Beacons do not show that: they use another network than the traffic.
//
//               next hop fails              ... for Options::after
//    reachable ────────────────► failing ─────────────────────────► unreachable
//        ▲                          │                                   │
//        └──────────────────────────┴───────────────────────────────────┘
//                              next hop is ready
//
// A next hop that was never ready and leads to something that is not a server
// (NextHop::State::kUnusable) makes its backend unreachable at once, and for as
// long as it stays so: neither waiting nor a panic can help.
//
// When many backends of a service fail together, the cause is probably this
// host's own network, and a table without them would not help. So a service
// uses the rule that it uses for silence, PanicWatch: while fewer than
// Options::panic_percent of the backends that would get new flows are
// reachable, the unreachable ones get new flows too.
//
// An unreachable backend keeps its flows. No other backend could continue them,
// and they survive if it answers again before the clients give up.
//
// Pure logic: reads no clock. One thread.
class Reachability {
 public:
  struct Options {
    std::chrono::milliseconds after{4000};
    int panic_percent = 50;  // 0: unreachable ones never get new flows
  };

  // The backends that would get new flows if they were reachable.
  using Candidates = std::map<ServiceAddress, std::set<Ipv4Address>>;
  using Backends = std::set<Ipv4Address>;

  struct Service {
    PanicWatch panic;
    PanicWatch::Census census;  // of the last Update()
    Backends left_out;          // candidates that get no new flows
  };

  explicit Reachability(const Options& options)
      : options_(options),
        panic_options_{options.panic_percent, options.after} {}

  // Decides again, by the next hops and candidates of now. Returns whether the
  // set of backends that are left out has changed.
  bool Update(const std::map<Ipv4Address, NextHop>& next_hops,
              const Candidates& candidates, HealthTime now);

  // When Update() may decide differently although its arguments have not
  // changed; nullopt: never.
  std::optional<HealthTime> NextUpdate() const;

  bool IsUnreachable(Ipv4Address backend) const;
  // Whether the service gives this candidate no new flows.
  bool IsLeftOut(const ServiceAddress& service, Ipv4Address backend) const;

  const std::map<ServiceAddress, Service>& services() const {
    return services_;
  }
  const Options& options() const { return options_; }

 private:
  struct Backend {
    bool was_ready = false;
    bool permanent = false;  // unusable, and never was ready
    std::optional<HealthTime> failing_since;
    std::optional<HealthTime> unreachable_since;
  };

  void UpdateBackends(const std::map<Ipv4Address, NextHop>& next_hops,
                      HealthTime now);
  void UpdateBackend(Ipv4Address address, const NextHop& next_hop,
                     HealthTime now, Backend* backend);
  void LogChange(Ipv4Address address, const NextHop& next_hop, HealthTime now);
  void UpdateServices(const Candidates& candidates, HealthTime now);
  PanicWatch::Census TakeCensus(const Backends& candidates) const;
  Backends LeftOut(const Backends& candidates, const PanicWatch& panic) const;
  bool IsTrusted(const Backend& backend, const PanicWatch& panic) const;
  void LogPanic(const ServiceAddress& address, const Service& service,
                HealthTime now);

  const Options options_;
  const PanicWatch::Options panic_options_;
  std::map<Ipv4Address, Backend> backends_;
  std::map<ServiceAddress, Service> services_;
  HealthTime last_update_;
  LimitedLog changes_log_{"changes of backends' reachability", 10,
                          google::GLOG_WARNING};
  LimitedLog panics_log_{"panics about reachability", 10, google::GLOG_ERROR};
};

}  // namespace l275

#endif  // L275_LB_AGENT_HEALTH_REACHABILITY_H_
