#ifndef L275_LB_AGENT_MAPS_SLOT_WORD_H_
#define L275_LB_AGENT_MAPS_SLOT_WORD_H_

#include <cstdint>

#include "common/abi/map_layout.h"

namespace l275 {

// What `slots` says of a slot; see common/abi/map_layout.h.
class SlotWord {
 public:
  explicit SlotWord(uint32_t word) : word_(word) {}
  SlotWord(uint32_t owner, bool tracked)
      : word_(tracked ? owner | L275_SLOT_TRACKED : owner) {}

  // The id of the backend of new flows, 0: none.
  uint32_t owner() const { return word_ & L275_SLOT_OWNER; }
  bool tracked() const { return (word_ & L275_SLOT_TRACKED) != 0; }
  uint32_t value() const { return word_; }

 private:
  uint32_t word_;
};

// What `priors` says of a tracked slot.
class PriorWord {
 public:
  explicit PriorWord(uint32_t word) : word_(word) {}

  // The id of the backend of flows without an entry, 0: none.
  uint32_t backend() const { return word_ & L275_PRIOR_BACKEND; }
  // Whether the program could not record a flow of the slot.
  bool unrecorded() const { return (word_ & L275_PRIOR_UNRECORDED) != 0; }

 private:
  uint32_t word_;
};

}  // namespace l275

#endif  // L275_LB_AGENT_MAPS_SLOT_WORD_H_
