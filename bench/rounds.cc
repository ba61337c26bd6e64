#include "bench/rounds.h"

#include <algorithm>

#include "common/os/status_util.h"

namespace l275 {
namespace {

constexpr double kRoundNanoseconds = 2e8;
constexpr uint32_t kWarmUpPackets = 1 << 20;

// Sends every flow once, and finds out how many packets a round has.
absl::StatusOr<uint32_t> WarmUp(Harness& harness, const BenchCase& bench_case) {
  const uint32_t all_flows = 1u << bench_case.traffic.flow_bits;
  L275_RETURN_IF_ERROR(
      harness.Run(bench_case, std::max(all_flows, kWarmUpPackets), 1).status());
  L275_ASSIGN_OR_RETURN(const double nanoseconds,
                        harness.Run(bench_case, kWarmUpPackets, 2));
  return static_cast<uint32_t>(kRoundNanoseconds / nanoseconds);
}

}  // namespace

absl::StatusOr<std::vector<std::vector<double>>> RunRounds(
    Harness& harness, const std::vector<BenchCase>& cases, uint32_t rounds) {
  std::vector<uint32_t> packets;
  for (const BenchCase& bench_case : cases) {
    L275_ASSIGN_OR_RETURN(const uint32_t count, WarmUp(harness, bench_case));
    packets.push_back(count);
  }
  std::vector<std::vector<double>> samples(cases.size());
  for (uint32_t round = 0; round < rounds; ++round) {
    for (size_t i = 0; i < cases.size(); ++i) {
      L275_ASSIGN_OR_RETURN(const double nanoseconds,
                            harness.Run(cases[i], packets[i], 3 + round));
      samples[i].push_back(nanoseconds);
    }
  }
  return samples;
}

}  // namespace l275
