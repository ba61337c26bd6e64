#ifndef L275_BENCH_BEACON_FLOOD_H_
#define L275_BENCH_BEACON_FLOOD_H_

#include <chrono>
#include <cstdint>

#include "common/beacon/beacon_keys.h"
#include "common/testing/test_namespace.h"

namespace l275 {

// What web servers and an attacker send to the beacon group together.
struct BeaconFlood {
  uint32_t servers = 100;            // 10.0.0.1 and on
  uint32_t beacons_per_server = 10;  // a second, all genuine
  uint32_t forged = 0;               // a second, of all kinds, evenly mixed in
  std::chrono::seconds duration{5};
};

struct FloodSent {
  uint64_t genuine = 0;
  uint64_t forged = 0;
};

// A key for all servers that senders and receivers of a flood share.
BeaconKeys FloodKeys();

// Sends the flood out of the namespace's interface to the group, a
// millisecond's share at a time; returns when it is over. For a thread of its
// own. CHECKs that sending works.
FloodSent SendFlood(const BeaconFlood& flood, const TestNamespace& host,
                    const char* interface, Ipv4Address group, uint16_t port);

}  // namespace l275

#endif  // L275_BENCH_BEACON_FLOOD_H_
