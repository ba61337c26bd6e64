#include "lb/agent/table/prime.h"

#include "absl/strings/str_cat.h"

namespace l275 {

bool IsPrime(uint32_t number) {
  if (number < 2) return false;
  for (uint32_t divisor = 2; uint64_t{divisor} * divisor <= number; ++divisor) {
    if (number % divisor == 0) return false;
  }
  return true;
}

namespace {

// Of two that are equally near, the greater one.
uint32_t NearestTableSize(uint32_t slots) {
  for (uint32_t distance = 0;; ++distance) {
    const uint32_t above = slots + distance;
    if (above <= kMaxTableSize && IsPrime(above)) return above;
    if (IsPrime(slots - distance)) return slots - distance;
  }
}

}  // namespace

absl::Status CheckTableSize(uint32_t slots) {
  if (slots < kMinTableSize || slots > kMaxTableSize) {
    return absl::InvalidArgumentError(
        absl::StrCat("table size ", slots, ": expected a prime from ",
                     kMinTableSize, " to ", kMaxTableSize));
  }
  if (IsPrime(slots)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("table size ", slots, " is no prime; the nearest one is ",
                   NearestTableSize(slots)));
}

}  // namespace l275
