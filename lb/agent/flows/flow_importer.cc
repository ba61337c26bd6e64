#include "lb/agent/flows/flow_importer.h"

#include <bpf/bpf.h>

#include <algorithm>
#include <cerrno>

#include "common/abi/flow_hash.h"
#include "common/os/status_util.h"
#include "lb/agent/flows/flow_age.h"

namespace l275 {

void FlowImporter::Result::Add(const Result& other) {
  stored += other.stored;
  needless += other.needless;
  over += other.over;
  kept += other.kept;
  unknown += other.unknown;
  full += other.full;
}

absl::StatusOr<FlowImporter::Result> FlowImporter::Import(
    const WrittenService& service, absl::Span<const PortableFlow> flows,
    FlowConflict conflict, uint32_t idle_ticks, uint32_t tick) {
  Result result;
  Batch batch;
  for (const PortableFlow& flow : flows) {
    l275_flow entry = {};
    if (!Judge(service, flow, idle_ticks, tick, entry, result)) continue;
    if (conflict == FlowConflict::kOurs) {
      L275_RETURN_IF_ERROR(
          StoreUnlessOurs(flow.key, entry, idle_ticks, tick, result));
      continue;
    }
    batch.keys.push_back(flow.key);
    batch.flows.push_back(entry);
  }
  L275_RETURN_IF_ERROR(StoreAll(batch, result));
  return result;
}

// Whether the flow needs an entry, and which.
bool FlowImporter::Judge(const WrittenService& service,
                         const PortableFlow& flow, uint32_t idle_ticks,
                         uint32_t tick, l275_flow& entry, Result& result) {
  const auto backend = service.backends.find(flow.backend);
  if (backend == service.backends.end() || !backend->second.alive) {
    ++result.unknown;
    return false;
  }
  if (flow.age > idle_ticks) {
    ++result.over;
    return false;
  }
  entry.backend = backend->second.id;
  entry.generation = maps_.backends()[entry.backend].generation;
  entry.last_seen = tick - flow.age + flow.mark;
  entry.slot =
      service.first_slot +
      l275_slot_of_hash(
          l275_flow_hash(service.hash_key, flow.key.source,
                         flow.key.source_port, flow.key.destination_port),
          service.slot_count());
  const SlotWord word = maps_.slot(entry.slot);
  if (word.tracked()) return true;
  if (word.owner() == entry.backend) {
    ++result.needless;
    return false;
  }
  slots_.Follow(entry.slot, word.owner(), /*tracked=*/true, tick);
  return true;
}

absl::Status FlowImporter::StoreAll(Batch& batch, Result& result) {
  uint32_t done = 0;
  while (done < batch.keys.size()) {
    uint32_t count = static_cast<uint32_t>(batch.keys.size()) - done;
    const uint32_t asked = count;
    LIBBPF_OPTS(bpf_map_batch_opts, options, .elem_flags = BPF_ANY);
    if (bpf_map_update_batch(maps_.flows_fd(), &batch.keys[done],
                             &batch.flows[done], &count, &options) == 0) {
      result.stored += count;
      done += count;
      continue;
    }
    if (errno != E2BIG || count >= asked) {
      return ErrnoStatus(errno, "bpf_map_update_batch(flows)");
    }
    result.stored += count;
    ++result.full;
    done += count + 1;
  }
  return absl::OkStatus();
}

// What the program records meanwhile stands.
absl::Status FlowImporter::StoreUnlessOurs(const l275_flow_key& key,
                                           const l275_flow& flow,
                                           uint32_t idle_ticks, uint32_t tick,
                                           Result& result) {
  l275_flow ours = {};
  const int fd = maps_.flows_fd();
  if (bpf_map_lookup_elem(fd, &key, &ours) == 0) {
    if (ours.slot == flow.slot && IsLiveFlow(maps_, ours, idle_ticks, tick)) {
      return Refresh(key, ours, flow, tick, result);
    }
    if (bpf_map_delete_elem(fd, &key) != 0 && errno != ENOENT) {
      return ErrnoStatus(errno, "bpf_map_delete_elem(flows)");
    }
  }
  if (bpf_map_update_elem(fd, &key, &flow, BPF_NOEXIST) == 0) {
    ++result.stored;
  } else if (errno == EEXIST) {
    ++result.kept;
  } else if (errno == E2BIG) {
    ++result.full;
  } else {
    return ErrnoStatus(errno, "bpf_map_update_elem(flows)");
  }
  return absl::OkStatus();
}

// Ours stands. When both name the same backend, the flow was seen when the
// later of them says, and as often as the one without a mark says. An entry
// that stays marked is not written: the program may be clearing its mark.
absl::Status FlowImporter::Refresh(const l275_flow_key& key,
                                   const l275_flow& ours,
                                   const l275_flow& theirs, uint32_t tick,
                                   Result& result) {
  ++result.kept;
  if (ours.backend != theirs.backend) return absl::OkStatus();
  const bool marked = MarkOfFlow(ours, tick) != 0;
  if (marked && MarkOfFlow(theirs, tick) != 0) return absl::OkStatus();
  const int32_t age = std::min(AgeOfFlow(ours, tick), AgeOfFlow(theirs, tick));
  if (age == AgeOfFlow(ours, tick) && !marked) return absl::OkStatus();
  l275_flow both = ours;
  both.last_seen = tick - static_cast<uint32_t>(age);
  if (bpf_map_update_elem(maps_.flows_fd(), &key, &both, BPF_EXIST) != 0 &&
      errno != ENOENT) {
    return ErrnoStatus(errno, "bpf_map_update_elem(flows)");
  }
  return absl::OkStatus();
}

}  // namespace l275
