#include "lb/agent/publish/slot_writer.h"

namespace l275 {
namespace {

void Store(uint32_t& to, uint32_t word) {
  __atomic_store_n(&to, word, __ATOMIC_RELEASE);
}

// A change's time is taken before its stores, which may take some of a tick.
constexpr uint32_t kStoreTicks = 1;

}  // namespace

SlotWriter::SlotWriter(Maps* maps)
    : maps_(*maps), changed_(maps->sizes().slots / L275_SLOTS_PER_LINE + 1) {}

void SlotWriter::Fill(uint32_t first_slot, absl::Span<const uint32_t> owners) {
  uint32_t* const words = maps_.slots() + first_slot;
  for (size_t i = 0; i < owners.size(); ++i) Store(words[i], owners[i]);
}

uint32_t SlotWriter::Adopt(uint32_t first_slot, uint32_t count, uint32_t tick) {
  uint32_t adopted = 0;
  for (uint32_t slot = first_slot; slot < first_slot + count; ++slot) {
    if (!maps_.slot(slot).tracked()) continue;
    ++adopted;
    Touch(slot, tick);
  }
  tracked_ += adopted;
  return adopted;
}

void SlotWriter::Change(uint32_t first_slot, absl::Span<const uint32_t> owners,
                        uint32_t tick) {
  const uint32_t* const words = maps_.slots() + first_slot;
  for (uint32_t i = 0; i < owners.size(); ++i) {
    if (words[i] == owners[i]) continue;
    const SlotWord word(words[i]);
    if (word.tracked()) {
      ChangeTracked(first_slot + i, word.owner(), owners[i], tick);
    } else if (word.owner() != owners[i]) {
      ChangeUntracked(first_slot + i, word.owner(), owners[i], tick);
    }
  }
}

void SlotWriter::ChangeUntracked(uint32_t slot, uint32_t owner,
                                 uint32_t new_owner, uint32_t tick) {
  if (!maps_.IsAlive(owner)) return Store(maps_.slots()[slot], new_owner);
  // The program looks at the prior only when it sees the flag.
  Store(maps_.priors()[slot], owner);
  Store(maps_.slots()[slot], SlotWord(new_owner, /*tracked=*/true).value());
  Touch(slot, tick);
  ++tracked_;
}

void SlotWriter::ChangeTracked(uint32_t slot, uint32_t owner,
                               uint32_t new_owner, uint32_t tick) {
  uint32_t& prior = maps_.priors()[slot];
  if (!maps_.IsAlive(maps_.prior(slot).backend())) {
    // What could not be recorded since the prior died went to the owner.
    Store(prior, maps_.IsAlive(owner) ? owner : new_owner);
    Touch(slot, tick);
  }
  if (owner == new_owner) return;
  Store(maps_.slots()[slot], SlotWord(new_owner, /*tracked=*/true).value());
  Touch(slot, tick);
}

void SlotWriter::Follow(uint32_t slot, uint32_t fallback, bool tracked,
                        uint32_t tick) {
  const SlotWord word = maps_.slot(slot);
  const uint32_t owner = word.owner();
  if (!maps_.IsAlive(fallback)) fallback = owner;
  if (!tracked && fallback == owner) {
    if (word.tracked()) Untrack(slot);
    return;
  }
  uint32_t& prior = maps_.priors()[slot];
  if (word.tracked() && PriorWord(prior).backend() == fallback) return;
  Store(prior, fallback);
  Touch(slot, tick);
  if (word.tracked()) return;
  Store(maps_.slots()[slot], SlotWord(owner, /*tracked=*/true).value());
  ++tracked_;
}

void SlotWriter::Postpone(uint32_t first_slot, uint32_t count, uint32_t tick) {
  for (uint32_t slot = first_slot; slot < first_slot + count; ++slot) {
    if (maps_.slot(slot).tracked()) Touch(slot, tick);
  }
}

void SlotWriter::Forget(uint32_t first_slot, uint32_t count) {
  for (uint32_t slot = first_slot; slot < first_slot + count; ++slot) {
    // What is left of its flows in the flow table is over.
    if (maps_.slot(slot).tracked()) Untrack(slot);
  }
}

void SlotWriter::Settle(uint32_t first_slot, uint32_t count, uint32_t tick,
                        uint32_t idle_ticks,
                        const std::function<bool(uint32_t)>& keeps_away) {
  for (uint32_t slot = first_slot; slot < first_slot + count; ++slot) {
    if (!maps_.slot(slot).tracked()) continue;
    if (TakeUnrecorded(slot)) {
      Touch(slot, tick);
      continue;
    }
    const uint32_t age = tick - changed_[slot / L275_SLOTS_PER_LINE];
    if (age <= idle_ticks + kStoreTicks) continue;
    if (!ClosePrior(slot) && !keeps_away(slot)) Untrack(slot);
  }
}

// Makes the owner the prior; false when it was. An entry that points away from
// the owner may have been made after the sweep came by; no more of them are
// made from here on, so that the next sweep finds all.
bool SlotWriter::ClosePrior(uint32_t slot) {
  uint32_t& prior = maps_.priors()[slot];
  const uint32_t owner = maps_.slot(slot).owner();
  uint32_t expected = PriorWord(prior).backend();
  if (expected == owner) return false;
  // Does nothing if the program has put the flag there just now.
  __atomic_compare_exchange_n(&prior, &expected, owner, /*weak=*/false,
                              __ATOMIC_RELEASE, __ATOMIC_RELAXED);
  return true;
}

void SlotWriter::SettleAll(uint32_t first_slot, uint32_t count) {
  for (uint32_t slot = first_slot; slot < first_slot + count; ++slot) {
    if (maps_.slot(slot).tracked()) Untrack(slot);
  }
}

void SlotWriter::Untrack(uint32_t slot) {
  Store(maps_.slots()[slot], maps_.slot(slot).owner());
  --tracked_;
}

// Whether the program could not record a flow since this was asked last.
bool SlotWriter::TakeUnrecorded(uint32_t slot) {
  uint32_t& prior = maps_.priors()[slot];
  if (!PriorWord(prior).unrecorded()) return false;
  __atomic_fetch_and(&prior, ~L275_PRIOR_UNRECORDED, __ATOMIC_RELAXED);
  return true;
}

void SlotWriter::Touch(uint32_t slot, uint32_t tick) {
  changed_[slot / L275_SLOTS_PER_LINE] = tick;
}

}  // namespace l275
