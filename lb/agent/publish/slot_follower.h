#ifndef L275_LB_AGENT_PUBLISH_SLOT_FOLLOWER_H_
#define L275_LB_AGENT_PUBLISH_SLOT_FOLLOWER_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "lb/agent/publish/portable_state.h"
#include "lb/agent/publish/slot_writer.h"
#include "lb/agent/publish/written_service.h"
#include "lb/agent/table/table_builder.h"

namespace l275 {

// Makes a service's flows go where they go at another load balancer.
//
// A flow without an entry belongs to its slot's prior there, or, where the slot
// is not tracked, to its owner. Where that is not the owner here, for that one
// has seen a change that this one has not, or the other way round, the slot
// becomes tracked here.
class SlotFollower {
 public:
  // `slots` outlives the follower.
  explicit SlotFollower(SlotWriter* slots) : slots_(*slots) {}

  // The other one's table, of as many slots as the service's here, and some of
  // its ranges. Returns of how many slots it names a backend that is not here;
  // their flows go to the owner.
  uint32_t Follow(const WrittenService& service, const PortableTable& table,
                  absl::Span<const SlotRange> ranges, uint32_t tick);

  // The same, slot by slot from the table's first on, and wherever the other
  // one's owners come from. Who is not alive here has no flows to keep, and
  // counts as not being here.
  uint32_t Follow(const WrittenService& service,
                  absl::Span<const SlotPlace> places, uint32_t tick);

 private:
  uint32_t FollowRange(const WrittenService& service,
                       absl::Span<const uint32_t> owners,
                       const std::vector<uint32_t>& ids, const SlotRange& range,
                       uint32_t tick);

  SlotWriter& slots_;
  TableBuilder tables_;
};

}  // namespace l275

#endif  // L275_LB_AGENT_PUBLISH_SLOT_FOLLOWER_H_
