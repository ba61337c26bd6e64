#include "lb/agent/flows/flow_sweep.h"

#include <bpf/bpf.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

#include "common/os/status_util.h"
#include "lb/agent/flows/flow_age.h"
#include "lb/agent/maps/tick.h"
#include "lb/agent/publish/fallback.h"

namespace l275 {
namespace {

constexpr std::chrono::minutes kRecent{1};

// The program takes an entry for absent as soon as its idle timeout is over,
// and may write it again. It is deleted well after that, so that the two hardly
// ever meet.
constexpr std::chrono::seconds kDeleteAfter{60};

// Linux, by default, sends its last SYN-ACK after 31 s and gives up after 63.
constexpr std::chrono::seconds kHandshake{64};
constexpr std::chrono::seconds kShortHandshake{4};

bool IsOlder(const l275_flow& flow, uint32_t tick, std::chrono::seconds age) {
  return AgeOfFlow(flow, tick) > static_cast<int32_t>(TicksOf(age));
}

}  // namespace

FlowSweep::FlowSweep(Maps* maps, uint32_t idle_ticks)
    : maps_(*maps), idle_ticks_(idle_ticks), reader_(maps) {}

absl::StatusOr<std::optional<FlowSweep::Result>> FlowSweep::Step(
    uint32_t tick) {
  within_pass_ = true;
  FlowReader::Chunk chunk;
  const absl::StatusOr<bool> more = reader_.Read(chunk);
  absl::Status judged = more.ok() ? Judge(chunk, tick) : more.status();
  if (judged.ok() && *more) return std::optional<Result>();
  within_pass_ = false;
  reader_.BeginAnew();
  Result result = std::exchange(result_, Result());
  if (!judged.ok()) return judged;
  last_entries_ = result.entries;
  return std::optional<Result>(std::move(result));
}

absl::Status FlowSweep::Judge(const FlowReader::Chunk& chunk, uint32_t tick) {
  runs_full_ = std::max(last_entries_, result_.entries) >
               maps_.sizes().flows - maps_.sizes().flows / 4;
  for (size_t i = 0; i < chunk.keys.size(); ++i) {
    const l275_flow& flow = chunk.flows[i];
    if (IsOver(flow, tick)) {
      KeepPrior(flow, tick);
      L275_RETURN_IF_ERROR(Delete(chunk.keys[i], tick));
      continue;
    }
    ++result_.entries;
    if (!IsLiveFlow(maps_, flow, idle_ticks_, tick)) continue;
    if (watcher_ != nullptr) watcher_->OnFlow(chunk.keys[i], flow);
    if (AgeOfFlow(flow, tick) <= static_cast<int32_t>(TicksOf(kRecent))) {
      ++result_.recent[flow.backend];
    }
    if (maps_.slot(flow.slot).owner() != flow.backend) {
      result_.kept_away.insert(flow.slot);
    }
  }
  return absl::OkStatus();
}

// An untracked slot's entries say what its owner says.
bool FlowSweep::IsOver(const l275_flow& flow, uint32_t tick) const {
  if (!maps_.slot(flow.slot).tracked()) return true;
  return AgeOfFlow(flow, tick) >
             static_cast<int32_t>(idle_ticks_ + TicksOf(kDeleteAfter)) ||
         GivesWay(flow, tick);
}

bool FlowSweep::GivesWay(const l275_flow& flow, uint32_t tick) const {
  const uint32_t mark = MarkOfFlow(flow, tick);
  if (mark == L275_FLOW_ONE_SYN && IsOlder(flow, tick, kHandshake)) return true;
  if (!runs_full_) return false;
  if (!IsLiveFlow(maps_, flow, idle_ticks_, tick)) return true;
  if (mark == 0 || !IsOlder(flow, tick, kShortHandshake)) return false;
  return mark == L275_FLOW_ONE_SYN ||
         FallbackOf(maps_, flow.slot) == flow.backend;
}

// The flow of an entry that gives way may send again, and has to go to the
// slot's prior for as long as it may be silent.
void FlowSweep::KeepPrior(const l275_flow& flow, uint32_t tick) {
  const SlotWord word = maps_.slot(flow.slot);
  if (!word.tracked() || word.owner() == flow.backend ||
      MarkOfFlow(flow, tick) != L275_FLOW_ONE_OTHER ||
      !IsLiveFlow(maps_, flow, idle_ticks_, tick)) {
    return;
  }
  __atomic_fetch_or(&maps_.priors()[flow.slot], L275_PRIOR_UNRECORDED,
                    __ATOMIC_RELAXED);
}

absl::Status FlowSweep::Delete(const l275_flow_key& key, uint32_t tick) {
  l275_flow flow = {};
  const int fd = maps_.flows_fd();
  if (bpf_map_lookup_and_delete_elem(fd, &key, &flow) != 0) {
    if (errno == ENOENT) return absl::OkStatus();
    return ErrnoStatus(errno, "bpf_map_lookup_and_delete_elem(flows)");
  }
  if (IsOver(flow, tick)) return absl::OkStatus();
  // Written again meanwhile. Should the program have done so once more by now,
  // its word stands.
  if (bpf_map_update_elem(fd, &key, &flow, BPF_NOEXIST) != 0 &&
      errno != EEXIST) {
    return ErrnoStatus(errno, "bpf_map_update_elem(flows)");
  }
  return absl::OkStatus();
}

}  // namespace l275
