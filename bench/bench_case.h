#ifndef L275_BENCH_BENCH_CASE_H_
#define L275_BENCH_BENCH_CASE_H_

#include <linux/bpf.h>

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/statusor.h"

namespace l275 {

// What the packets of a case are.
struct Traffic {
  uint32_t flow_bits = 20;  // 2^20 flows, each once before any comes again
  uint32_t services = 1;    // flows are spread evenly over their addresses
  bool syn = false;         // else data of established connections
  bool to_service = true;   // else to an address that is none
};

// A program under test and its traffic.
struct BenchCase {
  std::string name;
  int program_fd = -1;
  Traffic traffic;
  xdp_action action = XDP_TX;  // that every packet must meet with
  // How many packets the program itself has counted so far as what they must
  // be: a benchmark of something else is worthless. Empty: it counts nothing.
  std::function<absl::StatusOr<uint64_t>()> counted;
  // At most so many times the floor's time; 0: no limit.
  double limit = 0;
};

}  // namespace l275

#endif  // L275_BENCH_BENCH_CASE_H_
