#include "lb/agent/table/maglev.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "common/abi/flow_hash.h"

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

// The inverse of `a` (1 to prime - 1) modulo a prime: extended Euclid, Knuth's
// TAOCP volume 2, 4.5.2, algorithm X.
uint32_t InverseModulo(uint32_t a, uint32_t prime) {
  int64_t x = 1, next_x = 0;
  int64_t r = a, next_r = prime;
  while (next_r != 0) {
    const int64_t quotient = r / next_r;
    x = std::exchange(next_x, x - quotient * next_x);
    r = std::exchange(next_r, r - quotient * next_r);
  }
  return static_cast<uint32_t>(x < 0 ? x + prime : x);
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

  // Advances to behind the one that comes first of `slots`, none of which it
  // has passed, and returns its place among them. Not empty.
  size_t NextAmong(absl::Span<const uint32_t> slots) {
    const uint64_t inverse = InverseModulo(skip_, slots_);
    uint64_t least = slots_;
    size_t first = 0;
    for (size_t i = 0; i < slots.size(); ++i) {
      const uint64_t ahead = uint64_t{slots[i]} + slots_ - next_;
      const uint64_t steps = ahead * inverse % slots_;
      if (steps < least) {
        least = steps;
        first = i;
      }
    }
    next_ = (uint64_t{slots[first]} + skip_) % slots_;
    return first;
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

// The rounds of one table: whose turn it is.
class Rounds {
 public:
  Rounds(absl::Span<const MaglevBackend> backends, uint32_t slots)
      : greatest_weight_(GreatestWeight(backends)),
        turns_(TurnsByAddress(backends, slots)) {}

  Turn& Next() {
    while (true) {
      Turn& turn = turns_[next_];
      next_ = next_ + 1 == turns_.size() ? 0 : next_ + 1;
      if (turn.Comes(greatest_weight_)) return turn;
    }
  }

 private:
  const uint32_t greatest_weight_;
  std::vector<Turn> turns_;
  size_t next_ = 0;
};

// With f of m slots free a backend tries m / f taken ones before it finds one.
// Near the end it is quicker to reckon for each free slot when it would come to
// it: f divisions, each some times as dear as a try.
uint32_t FewFreeSlots(uint32_t slots) {
  return static_cast<uint32_t>(std::sqrt(slots)) / 2;
}

// What is taken is noted in bytes, which stay in the CPU's nearest cache where
// the table itself does not; the permutation advances in registers.
void TakeSlots(uint32_t count, Rounds& rounds, std::vector<uint32_t>& table) {
  std::vector<uint8_t> taken(table.size(), false);
  for (; count > 0; --count) {
    Turn& turn = rounds.Next();
    Permutation permutation = turn.permutation;
    uint32_t slot = permutation.Next();
    while (taken[slot]) slot = permutation.Next();
    turn.permutation = permutation;
    taken[slot] = true;
    table[slot] = turn.index;
  }
}

void TakeFewFreeSlots(Rounds& rounds, std::vector<uint32_t>& table) {
  std::vector<uint32_t> free_slots;
  for (uint32_t slot = 0; slot < table.size(); ++slot) {
    if (table[slot] == kFree) free_slots.push_back(slot);
  }
  while (!free_slots.empty()) {
    Turn& turn = rounds.Next();
    const size_t taken = turn.permutation.NextAmong(free_slots);
    table[free_slots[taken]] = turn.index;
    free_slots[taken] = free_slots.back();
    free_slots.pop_back();
  }
}

}  // namespace

std::vector<uint32_t> BuildMaglevTable(absl::Span<const MaglevBackend> backends,
                                       uint32_t slots) {
  if (backends.empty()) return {};
  Rounds rounds(backends, slots);
  std::vector<uint32_t> table(slots, kFree);
  TakeSlots(slots - FewFreeSlots(slots), rounds, table);
  TakeFewFreeSlots(rounds, table);
  return table;
}

}  // namespace l275
