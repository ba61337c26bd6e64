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

absl::Status CheckTableSize(uint32_t slots) {
  if (slots < kMinTableSize || slots > kMaxTableSize) {
    return absl::InvalidArgumentError(
        absl::StrCat("table size ", slots, ": expected a prime from ",
                     kMinTableSize, " to ", kMaxTableSize));
  }
  if (IsPrime(slots)) return absl::OkStatus();
  uint32_t prime = slots;
  while (!IsPrime(prime)) ++prime;
  return absl::InvalidArgumentError(absl::StrCat(
      "table size ", slots, " is no prime; the next one is ", prime));
}

}  // namespace l275
