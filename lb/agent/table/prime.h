#ifndef L275_LB_AGENT_TABLE_PRIME_H_
#define L275_LB_AGENT_TABLE_PRIME_H_

#include <cstdint>

#include "absl/status/status.h"

namespace l275 {

bool IsPrime(uint32_t number);

// The table sizes that an operator can ask for.
constexpr uint32_t kMinTableSize = 2;
constexpr uint32_t kMaxTableSize = 8388608;

// Whether a Maglev table can have so many slots: a prime between the above.
// InvalidArgument names the nearest prime otherwise.
absl::Status CheckTableSize(uint32_t slots);

}  // namespace l275

#endif  // L275_LB_AGENT_TABLE_PRIME_H_
