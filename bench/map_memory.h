#ifndef L275_BENCH_MAP_MEMORY_H_
#define L275_BENCH_MAP_MEMORY_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/statusor.h"

namespace l275 {

// The memory of the BPF maps that this process has open, by their names, in
// bytes: what the kernel reckons (`memlock` in /proc/self/fdinfo).
absl::StatusOr<std::map<std::string, uint64_t>> MapMemory();

}  // namespace l275

#endif  // L275_BENCH_MAP_MEMORY_H_
