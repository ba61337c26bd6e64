#include "lb/agent/table/maglev.h"

#include <algorithm>
#include <numeric>

#include "common/flow_hash.h"

namespace l275 {
namespace {

constexpr uint32_t kFree = ~0u;

// Two independent hashes of a backend's name (h1 and h2 in the paper). They are
// part of what load balancers must agree on: changing one moves connections.
constexpr uint64_t kOffsetSeed = 0x6f66667365740000;  // "offset"
constexpr uint64_t kSkipSeed = 0x736b697000000000;    // "skip"

uint64_t HashOfAddress(uint64_t seed, Ipv4Address address) {
  return l275_mix64(l275_mix64(seed) ^ address.ToHost());
}

// A backend's order of preference among the slots, a permutation of them:
// offset, offset + skip, offset + 2 * skip, ... modulo the number of slots.
class Permutation {
 public:
  Permutation(Ipv4Address address, uint32_t slots)
      : next_(HashOfAddress(kOffsetSeed, address) % slots),
        skip_(HashOfAddress(kSkipSeed, address) % (slots - 1) + 1),
        slots_(slots) {}

  uint32_t Next() {
    const uint32_t slot = next_;
    const uint64_t next = uint64_t{next_} + skip_;
    next_ = next < slots_ ? next : next - slots_;
    return slot;
  }

 private:
  uint32_t next_;
  uint32_t skip_;
  uint32_t slots_;
};

// A backend's place in the rounds. One of the greatest weight takes a slot in
// every round, the others in their proportion of rounds.
struct Turn {
  uint32_t index;  // in the caller's span
  uint32_t weight;
  uint32_t credit;
  Permutation permutation;

  bool Comes(uint32_t greatest_weight) {
    credit += weight;
    if (credit < greatest_weight) return false;
    credit -= greatest_weight;
    return true;
  }
};

std::vector<Turn> TurnsByAddress(absl::Span<const MaglevBackend> backends,
                                 uint32_t slots) {
  std::vector<uint32_t> order(backends.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    return backends[a].address < backends[b].address;
  });
  std::vector<Turn> turns;
  turns.reserve(order.size());
  for (uint32_t index : order) {
    const MaglevBackend& backend = backends[index];
    turns.push_back(
        {index, backend.weight, 0, Permutation(backend.address, slots)});
  }
  return turns;
}

uint32_t GreatestWeight(absl::Span<const MaglevBackend> backends) {
  uint32_t greatest = 0;
  for (const MaglevBackend& backend : backends) {
    greatest = std::max(greatest, backend.weight);
  }
  return greatest;
}

}  // namespace

std::vector<uint32_t> BuildMaglevTable(absl::Span<const MaglevBackend> backends,
                                       uint32_t slots) {
  if (backends.empty()) return {};
  const uint32_t greatest_weight = GreatestWeight(backends);
  std::vector<Turn> turns = TurnsByAddress(backends, slots);
  std::vector<uint32_t> table(slots, kFree);
  uint32_t free_slots = slots;
  while (true) {
    for (Turn& turn : turns) {
      if (!turn.Comes(greatest_weight)) continue;
      uint32_t slot = turn.permutation.Next();
      while (table[slot] != kFree) slot = turn.permutation.Next();
      table[slot] = turn.index;
      if (--free_slots == 0) return table;
    }
  }
}

}  // namespace l275
