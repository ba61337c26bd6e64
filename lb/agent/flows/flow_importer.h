#ifndef L275_LB_AGENT_FLOWS_FLOW_IMPORTER_H_
#define L275_LB_AGENT_FLOWS_FLOW_IMPORTER_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/abi/map_layout.h"
#include "lb/agent/maps/maps.h"
#include "lb/agent/publish/portable_state.h"
#include "lb/agent/publish/slot_writer.h"
#include "lb/agent/publish/written_service.h"

namespace l275 {

// Which of two entries of one flow stands.
enum class FlowConflict {
  kTheirs,  // the packets of the service come to those who tell of it
  kOurs,    // they come here; an entry that is over does not count
};

// Puts entries into the flow table that the program did not make: those of
// another load balancer, or of other maps.
//
// An entry counts in a tracked slot only, so a slot becomes tracked for one
// that points away from its owner. One that says what an untracked slot's owner
// says is not needed.
class FlowImporter {
 public:
  // How many entries
  struct Result {
    uint64_t stored = 0;
    uint64_t needless = 0;  // an untracked slot's owner says the same
    uint64_t over = 0;      // not seen for the idle timeout
    uint64_t kept = 0;      // ours stands
    uint64_t unknown = 0;   // name a backend that is not here, or not alive
    uint64_t full = 0;      // found no room

    void Add(const Result& other);
  };

  // All outlive the importer.
  FlowImporter(Maps* maps, SlotWriter* slots) : maps_(*maps), slots_(*slots) {}

  // `flows` are the service's. An error is a system call's; then some of them
  // may be stored.
  absl::StatusOr<Result> Import(const WrittenService& service,
                                absl::Span<const PortableFlow> flows,
                                FlowConflict conflict, uint32_t idle_ticks,
                                uint32_t tick);

 private:
  struct Batch {
    std::vector<l275_flow_key> keys;
    std::vector<l275_flow> flows;
  };

  bool Judge(const WrittenService& service, const PortableFlow& flow,
             uint32_t idle_ticks, uint32_t tick, l275_flow& entry,
             Result& result);
  absl::Status StoreAll(Batch& batch, Result& result);
  absl::Status StoreUnlessOurs(const l275_flow_key& key, const l275_flow& flow,
                               uint32_t idle_ticks, uint32_t tick,
                               Result& result);
  absl::Status Refresh(const l275_flow_key& key, const l275_flow& ours,
                       const l275_flow& theirs, uint32_t tick, Result& result);

  Maps& maps_;
  SlotWriter& slots_;
};

}  // namespace l275

#endif  // L275_LB_AGENT_FLOWS_FLOW_IMPORTER_H_
