#ifndef L275_LB_AGENT_TABLE_MAGLEV_H_
#define L275_LB_AGENT_TABLE_MAGLEV_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "common/net/ipv4_address.h"

namespace l275 {

struct MaglevBackend {
  Ipv4Address address;
  uint32_t weight = 0;  // more than 0

  friend bool operator==(const MaglevBackend& a, const MaglevBackend& b) {
    return a.address == b.address && a.weight == b.weight;
  }
};

// Builds a Maglev lookup table (Eisenbud et al., "Maglev: A Fast and Reliable
// Software Network Load Balancer", NSDI 2016, section 3.4).
//
// Returns for each of `slots` slots the index in `backends` of the backend that
// owns it. Every slot is owned; each backend owns its weight's share, rounded.
// The assignment depends on the set of (address, weight) only, not on their
// order: two load balancers build the same table without talking.
//
// `slots` is a prime of at least 2 and addresses are unique, else the
// permutations do not cover the table. No backends: an empty vector.
std::vector<uint32_t> BuildMaglevTable(absl::Span<const MaglevBackend> backends,
                                       uint32_t slots);

}  // namespace l275

#endif  // L275_LB_AGENT_TABLE_MAGLEV_H_
