#ifndef L275_LB_AGENT_TAKEOVER_HERITAGE_H_
#define L275_LB_AGENT_TAKEOVER_HERITAGE_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "common/net/ipv4_address.h"
#include "lb/agent/maps/maps.h"
#include "lb/agent/maps/pin_folder.h"
#include "lb/agent/publish/map_writer.h"
#include "lb/agent/takeover/map_carrier.h"

namespace l275 {

// A backend of services on a port.
struct LivingBackend {
  Ipv4Address address;
  uint16_t port = 0;
  bool draining = false;
};

// The maps that an agent begins with, and their writer.
struct Heritage {
  std::unique_ptr<Maps> maps;
  std::unique_ptr<MapWriter> writer;
  // From the maps of an earlier agent, where these are not the same and hold
  // what can be carried over; else null.
  std::unique_ptr<MapCarrier> carrier;
  // Who lived in an earlier agent's maps, be they these or not.
  std::vector<LivingBackend> living;
  // Whether there was an earlier agent at all.
  bool inherited = false;
};

struct HeritageOptions {
  MapSizes asked;   // by flags; 0: whatever is enough
  MapSizes wanted;  // the same, with numbers for what is enough
  uint64_t hash_seed = 0;
};

// Those that an earlier agent left in `pins`, with the services and flows that
// they hold. Where they cannot be gone on with, a logged line says why, and new
// maps are staged in `pins`. They are to be written, and then the carrier
// brings what the earlier ones hold; where there is none the line says what is
// lost.
absl::StatusOr<Heritage> InheritOrCreateMaps(const HeritageOptions& options,
                                             MapWriter::TimePoint now,
                                             PinFolder* pins);

}  // namespace l275

#endif  // L275_LB_AGENT_TAKEOVER_HERITAGE_H_
