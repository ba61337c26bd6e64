#ifndef L275_TESTS_PACKET_LB_HOST_H_
#define L275_TESTS_PACKET_LB_HOST_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "common/net/ipv4_address.h"
#include "common/net/mac_address.h"
#include "common/testing/test_namespace.h"
#include "lb/agent/publish/snapshot.h"
#include "lb/agent/slowpath/xsk_socket.h"
#include "tests/packet/lb_program.h"

namespace l275 {

// Interfaces of the host. Tests choose the indices, so that rows of a table can
// name them.
enum Interface : uint32_t {
  kIn = 101,         // program attached, forwarding on
  kOut = 102,        // other backends are behind it; nothing attached
  kNoForward = 103,  // program attached, forwarding off
  kAside = 104,      // known to the kernel only
  kSlow = 105,       // like kIn, and the agent has a socket there
  kSlowNoForward = 106,
  kSameEntry = 1125,  // kIn + L275_INGRESS_ENTRIES; nothing attached
  kMissing = 999,     // does not exist
};

// Ports of the VIP, named for what happens to flows of their services. Without
// "Fib", a next-hop record is there.
inline constexpr Ipv4Address kVip = Ipv4Address::FromHost(0x0a0000c8);
enum Port : uint16_t {
  kTx = 80,
  kRedirect = 81,
  kNoEgress = 82,
  kFibTx = 83,
  kFibRedirect = 84,
  kFibStale = 85,  // the neighbour entry is stale, which is good enough
  kFibNoNeighbour = 86,
  kFibFailedNeighbour = 87,
  kFibUnreachable = 88,
  kFibBlackhole = 89,
  kFibProhibit = 90,
  kFibNoRoute = 91,
  kFibLocal = 92,  // the backend's address is the host's own
  kFibGateway = 93,
  kNoBackend = 94,   // its only backend has weight 0
  kNoBackends = 95,  // it has none
  kFibNoEgress = 96,
  kFibBroadcastMac = 97,  // the neighbour entries have addresses that
  kFibZeroMac = 98,       // no other host can have
  kFibOwnMac = 99,
  kFibColdGateway = 100,
  kNoService = 8080,  // there is none
};

// Has one service on all ports, and one on kExact alone.
inline constexpr Ipv4Address kAllPortsVip = Ipv4Address::FromHost(0x0a0000c9);
inline constexpr uint16_t kExact = 443;

// VRRP virtual routers of kIn.
inline constexpr uint8_t kActiveVrid = 51;
inline constexpr uint8_t kBackupVrid = 200;

// MAC addresses: of the host (kLbMac is on kIn), and of backends.
inline constexpr MacAddress kOutMac = {0x02, 0, 0, 0, 0, 0x03};
inline constexpr MacAddress kNoForwardMac = {0x02, 0, 0, 0, 0, 0x04};
inline constexpr MacAddress kSlowMac = {0x02, 0, 0, 0, 0, 0x05};
inline constexpr MacAddress kSlowNoForwardMac = {0x02, 0, 0, 0, 0, 0x06};
inline constexpr MacAddress kBackendMac = {0x02, 0, 0, 0, 1, 0x01};
inline constexpr MacAddress kOtherBackendMac = {0x02, 0, 0, 0, 1, 0x02};
inline constexpr MacAddress kFarBackendMac = {0x02, 0, 0, 0, 1, 0x03};
inline constexpr MacAddress kFibBackendMac = {0x02, 0, 0, 0, 2, 0x01};
inline constexpr MacAddress kFarFibBackendMac = {0x02, 0, 0, 0, 2, 0x02};
inline constexpr MacAddress kStaleBackendMac = {0x02, 0, 0, 0, 2, 0x03};

// A load balancer's host with the interfaces, routes and neighbours that make
// every verdict possible, in a network namespace that the thread is in for as
// long as this lives.
class LbHost {
 public:
  LbHost();

  // The program with Services() written, and the sockets in its map.
  absl::StatusOr<std::unique_ptr<LbProgram>> NewProgram(
      bool decrement_ttl = true) const;

  static Snapshot Services();

 private:
  TestNamespace namespace_;
  TestNamespace::Scope scope_;
  std::vector<std::unique_ptr<XskSocket>> sockets_;  // of kSlow...
};

}  // namespace l275

#endif  // L275_TESTS_PACKET_LB_HOST_H_
