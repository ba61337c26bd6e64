#include "bench/bench_network.h"

#include <netinet/in.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/packet/frame.h"

namespace l275 {
namespace {

constexpr uint32_t kWeight = 100;
constexpr uint32_t kFirstBackend = 0x0a000101;  // 10.0.1.1

std::string Interfaces() {
  std::string commands = absl::StrCat("link add in index ", kIngress,
                                      " address ", MacToString(kLbMac),
                                      " type veth peer in_peer\n"
                                      "link set in up\n"
                                      "link set in_peer up\n"
                                      "address add 10.0.0.2/16 dev in\n");
  for (uint32_t i = 0; i < kBackends; ++i) {
    absl::StrAppend(&commands, "neighbour add ", BackendAddress(i).ToString(),
                    " lladdr ", MacToString(BackendMac(i)),
                    " dev in nud permanent\n");
  }
  return commands;
}

ServiceAddress VipAddress(uint32_t vip) {
  return {IPPROTO_TCP, Ipv4Address::FromHost(kFirstVip.ToHost() + vip),
          kVipPort};
}

SnapshotService NewService(uint32_t table_size, uint32_t backends) {
  SnapshotService service;
  service.table_size = table_size;
  for (uint32_t i = 0; i < backends; ++i) {
    service.backends[BackendAddress(i)].weight = kWeight;
  }
  return service;
}

void AddNextHops(Snapshot& snapshot) {
  for (uint32_t i = 0; i < 2 * kBackends; ++i) {
    snapshot.next_hops[BackendAddress(i)] = {kIngress, BackendMac(i), kLbMac};
  }
}

}  // namespace

Ipv4Address BackendAddress(uint32_t backend) {
  return Ipv4Address::FromHost(kFirstBackend + backend);
}

MacAddress BackendMac(uint32_t backend) {
  return {0x02, 0, 0, 0, 1, static_cast<uint8_t>(backend)};
}

BenchNetwork::BenchNetwork() : scope_(namespace_) {
  namespace_.IpBatch(Interfaces());
  namespace_.SetSysctl("ipv4/conf/in/forwarding", "1");
}

Snapshot ServicesWithoutNextHops(uint32_t services, uint32_t table_size,
                                 uint32_t backends) {
  Snapshot snapshot;
  for (uint32_t i = 0; i < services; ++i) {
    snapshot.services[VipAddress(i)] = NewService(table_size, backends);
  }
  snapshot.ingress[kIngress] = kLbMac;
  return snapshot;
}

Snapshot Services(uint32_t services, uint32_t table_size) {
  Snapshot snapshot = ServicesWithoutNextHops(services, table_size);
  AddNextHops(snapshot);
  return snapshot;
}

Snapshot ServiceBeforeMove(uint32_t table_size) {
  Snapshot snapshot = Services(1, table_size);
  for (uint32_t i = kBackends; i < 2 * kBackends; ++i) {
    snapshot.services[VipAddress(0)].backends[BackendAddress(i)].weight = 0;
  }
  return snapshot;
}

Snapshot ServiceAfterMove(uint32_t table_size) {
  Snapshot snapshot = ServiceBeforeMove(table_size);
  for (auto& [address, backend] : snapshot.services[VipAddress(0)].backends) {
    backend.weight = kWeight - backend.weight;
  }
  return snapshot;
}

}  // namespace l275
