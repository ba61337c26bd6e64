#include "lb/agent/takeover/counter_carrier.h"

#include <bpf/bpf.h>

#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/abi/flow_events.h"
#include "common/abi/map_layout.h"
#include "common/abi/verdicts.h"
#include "common/os/status_util.h"
#include "lb/agent/maps/counters.h"

namespace l275 {

CounterCarrier::CounterCarrier(const Maps& from, const Maps& to)
    : from_(from), to_(to) {
  for (uint32_t i = 0; i < L275_VERDICT_COUNT; ++i) {
    Add(from.verdicts_fd(), i, to.verdicts_fd(), i, sizeof(l275_counter));
  }
  for (uint32_t i = 0; i < L275_FLOW_EVENT_COUNT; ++i) {
    Add(from.flow_events_fd(), i, to.flow_events_fd(), i, sizeof(uint64_t));
  }
}

void CounterCarrier::AddService(const WrittenService& from,
                                const WrittenService& to) {
  Add(from_.service_counters_fd(), from.id, to_.service_counters_fd(), to.id,
      sizeof(l275_counter));
  for (const auto& [address, backend] : from.backends) {
    const auto found = to.backends.find(address);
    if (found == to.backends.end()) continue;
    Add(from_.backend_counters_fd(), backend.id, to_.backend_counters_fd(),
        found->second.id, sizeof(l275_counter));
  }
}

void CounterCarrier::Add(int from_map, uint32_t from_index, int to_map,
                         uint32_t to_index, size_t size) {
  const size_t words = PossibleCpus() * size / sizeof(uint64_t);
  counters_.push_back(
      {from_map, from_index, to_map, to_index, std::vector<uint64_t>(words)});
}

absl::Status CounterCarrier::Carry() {
  for (Counter& counter : counters_) {
    L275_RETURN_IF_ERROR(CarryOne(counter));
  }
  return absl::OkStatus();
}

absl::Status CounterCarrier::CarryOne(Counter& counter) {
  std::vector<uint64_t> old(counter.carried.size());
  if (bpf_map_lookup_elem(counter.from_map, &counter.from_index, old.data()) !=
      0) {
    return ErrnoStatus(errno,
                       absl::StrCat("reading counter ", counter.from_index));
  }
  if (old == counter.carried) return absl::OkStatus();
  std::vector<uint64_t> sum(old.size());
  if (bpf_map_lookup_elem(counter.to_map, &counter.to_index, sum.data()) != 0) {
    return ErrnoStatus(errno,
                       absl::StrCat("reading counter ", counter.to_index));
  }
  for (size_t i = 0; i < sum.size(); ++i) sum[i] += old[i] - counter.carried[i];
  if (bpf_map_update_elem(counter.to_map, &counter.to_index, sum.data(),
                          BPF_ANY) != 0) {
    return ErrnoStatus(errno,
                       absl::StrCat("writing counter ", counter.to_index));
  }
  counter.carried = std::move(old);
  return absl::OkStatus();
}

}  // namespace l275
