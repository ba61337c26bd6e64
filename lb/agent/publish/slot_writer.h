#ifndef L275_LB_AGENT_PUBLISH_SLOT_WRITER_H_
#define L275_LB_AGENT_PUBLISH_SLOT_WRITER_H_

#include <cstdint>
#include <functional>
#include <vector>

#include "absl/types/span.h"
#include "lb/agent/maps/maps.h"

namespace l275 {

// The map writer's hand for slots: gives them new owners, and keeps their flows
// where they are.
//
// A flow of an untracked slot is at the slot's owner. When such a slot gets a
// new owner while the old one lives, it becomes tracked, with the old owner as
// its prior. A tracked slot keeps its prior, through however many changes, for
// as long as that lives. When the prior dies, flows without an entry go to the
// owner from then on, so the owner of that time becomes the prior. A slot whose
// owner dies untracked has no flows to keep, and stays untracked.
//
// Tracking ends in two steps. An idle timeout after the last change every flow
// that is kept has an entry, so the owner becomes the prior: nothing is
// recorded away from the owner any more. When a sweep of the flow table after
// that finds no entry that points away from the owner, the slot is untracked.
class SlotWriter {
 public:
  explicit SlotWriter(Maps* maps);

  // Slots that no packet can know yet: `owners` are backend ids, 0 for none.
  void Fill(uint32_t first_slot, absl::Span<const uint32_t> owners);

  // Gives slots in use new owners at time `tick`. Who is alive is what
  // `backends` says by now.
  void Change(uint32_t first_slot, absl::Span<const uint32_t> owners,
              uint32_t tick);

  // Slots as an earlier agent left them. When they changed last is not known;
  // `tick` is taken for it. Returns how many are tracked.
  uint32_t Adopt(uint32_t first_slot, uint32_t count, uint32_t tick);

  // A slot as somebody else has it: flows without an entry go to `fallback`, a
  // backend id (0, or one that is dead here: to the owner), and if `tracked`
  // some may have an entry. The owner, who gets new flows, stays.
  void Follow(uint32_t slot, uint32_t fallback, bool tracked, uint32_t tick);

  // As if the tracked slots of a range had changed at `tick`.
  void Postpone(uint32_t first_slot, uint32_t count, uint32_t tick);

  // Slots that no packet can know any more.
  void Forget(uint32_t first_slot, uint32_t count);

  // Takes the next step to untracking the slots of a range that are settled:
  // that the program recorded everything in for `idle_ticks`, whose owner has
  // not changed for so long (counted for 16 neighbouring slots together), and,
  // for the last step, for which `keeps_away`, a sweep since Settle() was last
  // called, does not know of a flow that belongs elsewhere.
  void Settle(uint32_t first_slot, uint32_t count, uint32_t tick,
              uint32_t idle_ticks,
              const std::function<bool(uint32_t slot)>& keeps_away);

  // Untracks all slots of a range: one that no flow ever went through.
  void SettleAll(uint32_t first_slot, uint32_t count);

  // Of all slots.
  uint32_t tracked() const { return tracked_; }

 private:
  void ChangeUntracked(uint32_t slot, uint32_t owner, uint32_t new_owner,
                       uint32_t tick);
  void ChangeTracked(uint32_t slot, uint32_t owner, uint32_t new_owner,
                     uint32_t tick);
  bool ClosePrior(uint32_t slot);
  void Untrack(uint32_t slot);
  bool TakeUnrecorded(uint32_t slot);
  void Touch(uint32_t slot, uint32_t tick);

  Maps& maps_;
  uint32_t tracked_ = 0;
  // By line of slots: the tick of the last change that a tracked slot in it
  // saw.
  std::vector<uint32_t> changed_;
};

}  // namespace l275

#endif  // L275_LB_AGENT_PUBLISH_SLOT_WRITER_H_
