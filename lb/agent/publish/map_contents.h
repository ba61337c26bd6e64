#ifndef L275_LB_AGENT_PUBLISH_MAP_CONTENTS_H_
#define L275_LB_AGENT_PUBLISH_MAP_CONTENTS_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "common/abi/map_layout.h"
#include "common/net/service_address.h"
#include "lb/agent/maps/maps.h"
#include "lb/agent/publish/written_service.h"

namespace l275 {

// All that the configuration maps and the counters hold, read back for tests.
struct MapContents {
  // Entries by key; both as the bytes that the kernel has.
  using Entries = std::map<std::string, std::string>;

  explicit MapContents(const Maps& maps);

  Entries services;
  Entries ingress;
  Entries egress;
  Entries service_counters;
  Entries backend_counters;
  // Arrays as one run of bytes.
  std::string slots;
  std::string backends;
  std::string next_hops;

  friend bool operator==(const MapContents& a, const MapContents& b);
};

// The entry of `services` for an address; all zero when there is none, which no
// entry is.
l275_service ServiceEntry(const Maps& maps, const ServiceAddress& address);

// How many entries `services` has.
size_t CountServices(const Maps& maps);

// The entries of `ingress` that are set, and where each of them is.
std::map<uint32_t, l275_ingress> IngressEntries(const Maps& maps);

// The interfaces of `egress`.
std::set<uint32_t> EgressInterfaces(const Maps& maps);

// As if packets had been forwarded for the service: its slots become tracked.
void MarkUsed(const Maps& maps, const WrittenService& service);

}  // namespace l275

#endif  // L275_LB_AGENT_PUBLISH_MAP_CONTENTS_H_
