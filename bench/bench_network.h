#ifndef L275_BENCH_BENCH_NETWORK_H_
#define L275_BENCH_BENCH_NETWORK_H_

#include <cstddef>
#include <cstdint>

#include "common/net/ipv4_address.h"
#include "common/net/mac_address.h"
#include "common/testing/test_namespace.h"
#include "lb/agent/publish/snapshot.h"

namespace l275 {

// What the benchmark's packets are addressed to.
inline constexpr Ipv4Address kFirstVip = Ipv4Address::FromHost(0x0a010000);
inline constexpr Ipv4Address kNoVip = Ipv4Address::FromHost(0x0a020000);
inline constexpr uint16_t kVipPort = 80;
inline constexpr size_t kFrameBytes = 60;  // the least, without FCS

// The backends of every service; as many again take part in changes.
inline constexpr uint32_t kBackends = 100;
Ipv4Address BackendAddress(uint32_t backend);
MacAddress BackendMac(uint32_t backend);

inline constexpr uint32_t kIngress = 101;  // ifindex

// The load balancer's host: an interface on which packets come in and behind
// which all backends are, known to the kernel as permanent neighbours; in a
// network namespace that the thread is in for as long as this lives.
class BenchNetwork {
 public:
  BenchNetwork();

 private:
  TestNamespace namespace_;
  TestNamespace::Scope scope_;
};

// Services on so many VIPs from kFirstVip on, each with the first `backends`
// backends, and without next hops.
Snapshot ServicesWithoutNextHops(uint32_t services, uint32_t table_size,
                                 uint32_t backends = kBackends);
// The same with kBackends, and the next-hop record of each.
Snapshot Services(uint32_t services, uint32_t table_size);

// One service, before and after all its slots move from each backend to others.
// Those that they had stay alive.
Snapshot ServiceBeforeMove(uint32_t table_size);
Snapshot ServiceAfterMove(uint32_t table_size);

}  // namespace l275

#endif  // L275_BENCH_BENCH_NETWORK_H_
