#ifndef L275_LB_AGENT_MAPS_MAPS_H_
#define L275_LB_AGENT_MAPS_MAPS_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "bpf/lb.skel.h"
#include "common/abi/map_layout.h"
#include "lb/agent/maps/mapped_array.h"
#include "lb/agent/maps/slot_word.h"

namespace l275 {

// How many entries the maps have. Array maps take their memory when they are
// created.
struct MapSizes {
  uint32_t services = 0;
  uint32_t backends = 0;  // of all services together
  uint32_t slots = 0;     // of all tables together
  uint32_t flows = 1;     // of tracked slots, at the same time
};

// The maps of common/abi/map_layout.h, without any program: created first,
// filled, and then shared by the program on every interface (ShareWith()).
// Sizes of keys and values are compared with the layout's when they are
// created.
//
// Pinned, they outlive this object and the process.
class Maps {
 public:
  static absl::StatusOr<std::unique_ptr<Maps>> Create(const MapSizes& sizes);

  // Those that were pinned in `folder` of a bpffs. NotFound: the folder is not
  // there. FailedPrecondition: they are of another layout, or not all there.
  // Maps of a version that knows fewer verdicts get a map for their counters,
  // which is pinned beside them.
  static absl::StatusOr<std::unique_ptr<Maps>> Open(const std::string& folder);

  // Pins all of them in a folder that exists and is empty.
  absl::Status Pin(const std::string& folder) const;
  ~Maps();
  Maps(const Maps&) = delete;
  Maps& operator=(const Maps&) = delete;

  // Renews the heartbeat in the pinned maps: an agent is running. To be called
  // every second.
  absl::Status RenewHeartbeat();

  // What the kernel numbers the slots' map by; for recognizing these maps.
  absl::StatusOr<uint32_t> SlotsMapId() const;

  // Makes an object that is open, but not loaded, use these maps.
  absl::Status ShareWith(lb* object) const;

  const MapSizes& sizes() const { return sizes_; }

  // What is mapped into memory. Index 0 means none, and is never written.
  uint32_t* slots() { return slot_lines_.data()->word; }
  const uint32_t* slots() const { return slot_lines_.data()->word; }
  uint32_t* priors() { return prior_lines_.data()->word; }
  const uint32_t* priors() const { return prior_lines_.data()->word; }
  SlotWord slot(uint32_t index) const { return SlotWord(slots()[index]); }
  PriorWord prior(uint32_t slot) const { return PriorWord(priors()[slot]); }
  // Whether the backend of this id keeps its flows. Not that of id 0.
  bool IsAlive(uint32_t backend) const {
    return (backends_[backend].flags & L275_BACKEND_ALIVE) != 0;
  }
  bool IsDraining(uint32_t backend) const {
    return (backends_[backend].flags & L275_BACKEND_DRAINING) != 0;
  }
  MappedArray<l275_service_bucket>& service_buckets() {
    return service_buckets_;
  }
  const MappedArray<l275_service_bucket>& service_buckets() const {
    return service_buckets_;
  }
  MappedArray<l275_service>& services() { return services_; }
  const MappedArray<l275_service>& services() const { return services_; }
  MappedArray<l275_backend>& backends() { return backends_; }
  const MappedArray<l275_backend>& backends() const { return backends_; }
  MappedArray<l275_next_hop>& next_hops() { return next_hops_; }
  const MappedArray<l275_next_hop>& next_hops() const { return next_hops_; }

  // Entries that the program could not tell of by `flow_news`.
  uint64_t untold_flows() const {
    return __atomic_load_n(untold_flows_.data(), __ATOMIC_RELAXED);
  }

  int flows_fd() const;
  int flow_news_fd() const;
  int flow_events_fd() const;
  int ingress_fd() const;
  int egress_fd() const;
  int slow_path_fd() const;
  int virtual_routers_fd() const;
  int vips_fd() const;
  int verdicts_fd() const;
  int service_counters_fd() const;
  int backend_counters_fd() const;

 private:
  static absl::StatusOr<std::unique_ptr<Maps>> MapIntoMemory(
      const MapSizes& sizes, lb* object);
  Maps(const MapSizes& sizes, lb* object,
       MappedArray<l275_service_bucket> service_buckets,
       MappedArray<l275_service> services,
       MappedArray<l275_slot_line> slot_lines,
       MappedArray<l275_slot_line> prior_lines,
       MappedArray<l275_backend> backends, MappedArray<l275_next_hop> next_hops,
       MappedArray<uint64_t> untold_flows);

  const MapSizes sizes_;
  lb* const object_;  // owned; its program is not loaded
  MappedArray<l275_service_bucket> service_buckets_;
  MappedArray<l275_service> services_;
  MappedArray<l275_slot_line> slot_lines_;
  MappedArray<l275_slot_line> prior_lines_;
  MappedArray<l275_backend> backends_;
  MappedArray<l275_next_hop> next_hops_;
  MappedArray<uint64_t> untold_flows_;
};

}  // namespace l275

#endif  // L275_LB_AGENT_MAPS_MAPS_H_
