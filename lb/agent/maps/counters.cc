#include "lb/agent/maps/counters.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <glog/logging.h>

#include <cerrno>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "common/os/status_util.h"

namespace l275 {

int PossibleCpus() {
  static const int cpus = [] {
    const int count = libbpf_num_possible_cpus();
    CHECK_GT(count, 0) << "libbpf_num_possible_cpus()";
    return count;
  }();
  return cpus;
}

absl::StatusOr<std::vector<l275_counter>> ReadCounters(
    int fd, absl::Span<const uint32_t> indices) {
  std::vector<l275_counter> per_cpu(PossibleCpus());
  std::vector<l275_counter> sums;
  sums.reserve(indices.size());
  for (uint32_t index : indices) {
    if (bpf_map_lookup_elem(fd, &index, per_cpu.data()) != 0) {
      return ErrnoStatus(errno, absl::StrCat("reading counter ", index));
    }
    l275_counter sum = {};
    for (const l275_counter& counter : per_cpu) {
      sum.packets += counter.packets;
      sum.bytes += counter.bytes;
    }
    sums.push_back(sum);
  }
  return sums;
}

absl::StatusOr<uint64_t> ReadSum(int fd, uint32_t index) {
  std::vector<uint64_t> per_cpu(PossibleCpus());
  if (bpf_map_lookup_elem(fd, &index, per_cpu.data()) != 0) {
    return ErrnoStatus(errno, absl::StrCat("reading counter ", index));
  }
  return std::accumulate(per_cpu.begin(), per_cpu.end(), uint64_t{0});
}

void ClearCounter(int fd, uint32_t index) {
  const std::vector<l275_counter> zeros(PossibleCpus());
  PCHECK(bpf_map_update_elem(fd, &index, zeros.data(), BPF_ANY) == 0)
      << "clearing counter " << index;
}

}  // namespace l275
