#ifndef L275_BENCH_ROUNDS_H_
#define L275_BENCH_ROUNDS_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "bench/bench_case.h"
#include "bench/harness.h"

namespace l275 {

// Measures the cases in turn, so many times over: what the machine does in the
// meantime meets them alike. A case takes about 0.2 s a round; before the first
// it has sent every flow at least once.
//
// Returns nanoseconds a packet: a vector of `rounds` for each case.
absl::StatusOr<std::vector<std::vector<double>>> RunRounds(
    Harness& harness, const std::vector<BenchCase>& cases, uint32_t rounds);

}  // namespace l275

#endif  // L275_BENCH_ROUNDS_H_
