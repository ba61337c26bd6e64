#ifndef L275_LB_AGENT_PMTU_PMTU_WATCH_H_
#define L275_LB_AGENT_PMTU_PMTU_WATCH_H_

#include <event2/event.h>

#include <cstdint>
#include <map>
#include <memory>
#include <set>

#include "absl/status/statusor.h"
#include "common/event/fd_watch.h"
#include "common/event/limited_loop_log.h"
#include "common/net/endpoint.h"
#include "common/net/service_address.h"
#include "common/os/unique_fd.h"
#include "lb/agent/health/health_time.h"
#include "lb/agent/pmtu/fragmentation_needed.h"

namespace l275 {

// What routers said about segments of one service that were too long.
struct PmtuErrors {
  uint64_t count = 0;
  HealthTime last;   // when the last one came
  Endpoint client;   // of the last one
  uint16_t mtu = 0;  // likewise; 0: the router did not say
};

// Counts the ICMP messages "fragmentation needed" (RFC 1191) that come for the
// services' VIPs. They end at the load balancer that has the VIP: its kernel
// knows nothing of the connection, and the server, which should send shorter
// segments, does not hear of it. A client behind such a router gets no long
// answer.
//
// A raw socket has a copy of what the kernel gets. Anybody can forge these
// messages, so they are only counted, per service: memory does not grow with
// what strangers send. Logs a line for each, limited.
//
// The loop outlives it. Runs on the loop's thread.
class PmtuWatch {
 public:
  using Services = std::map<ServiceAddress, PmtuErrors>;

  // PermissionDenied: without CAP_NET_RAW.
  static absl::StatusOr<std::unique_ptr<PmtuWatch>> Create(event_base* base);
  PmtuWatch(const PmtuWatch&) = delete;
  PmtuWatch& operator=(const PmtuWatch&) = delete;

  // From now on these are the services; what was counted of others is
  // forgotten.
  void SetServices(const std::set<ServiceAddress>& services);

  // All services.
  const Services& services() const { return services_; }

 private:
  PmtuWatch(event_base* base, UniqueFd fd);
  void Read();
  void Count(const FragmentationNeeded& message);

  Services services_;
  LimitedLoopLog log_;
  UniqueFd fd_;
  FdWatch readable_;  // destroyed before fd_
};

// The maximum segment size that gets over a hop of that MTU: without the
// headers of IPv4 and TCP. For an MTU that is unknown, or less than every host
// takes in (RFC 791, 576 bytes; it may be forged), what gets over any (RFC
// 9293, 3.7.1).
uint16_t MssFor(uint16_t mtu);

}  // namespace l275

#endif  // L275_LB_AGENT_PMTU_PMTU_WATCH_H_
