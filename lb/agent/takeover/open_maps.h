#ifndef L275_LB_AGENT_TAKEOVER_OPEN_MAPS_H_
#define L275_LB_AGENT_TAKEOVER_OPEN_MAPS_H_

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

// A backend in the maps of an earlier agent.
struct AdoptedBackend {
  Ipv4Address address;
  uint16_t port = 0;  // of its services
  bool draining = false;
};

// The maps that an agent starts with, and their writer.
struct OpenedMaps {
  std::unique_ptr<Maps> maps;
  std::unique_ptr<MapWriter> writer;
  // Null unless there are maps of an earlier agent that are not these, and hold
  // what can be carried over.
  std::unique_ptr<MapCarrier> carrier;
  // Backends that the earlier agent's maps have, whether these or others.
  std::vector<AdoptedBackend> adopted;
  // Whether there was an earlier agent.
  bool has_earlier_agent = false;
};

struct OpenMapsOptions {
  MapSizes asked;   // by flags; 0: whatever is enough
  MapSizes wanted;  // the same, with numbers for what is enough
  uint64_t hash_seed = 0;
};

// Opens the maps that an earlier agent pinned in `pins`, with the services and
// flows that they have. If they cannot be used, logs why and stages new maps in
// `pins`: the caller writes them, and then the carrier copies what the earlier
// maps hold. Without a carrier, the logged line says what is lost.
absl::StatusOr<OpenedMaps> OpenOrCreateMaps(const OpenMapsOptions& options,
                                            MapWriter::TimePoint now,
                                            PinFolder* pins);

}  // namespace l275

#endif  // L275_LB_AGENT_TAKEOVER_OPEN_MAPS_H_
