#include "lb/agent/dataplane/flow_keeper.h"

#include <glog/logging.h>

#include <optional>
#include <utility>

#include "lb/agent/dataplane/tick.h"

namespace l275 {
namespace {

constexpr timeval kBetweenPasses = {1, 0};
// The loop turns between the steps of a pass.
constexpr timeval kBetweenSteps = {0, 0};

}  // namespace

FlowKeeper::FlowKeeper(event_base* base, Maps* maps, MapWriter* writer,
                       std::chrono::seconds idle_timeout)
    : writer_(*writer),
      idle_ticks_(TicksOf(idle_timeout)),
      sweep_(maps, idle_ticks_) {
  timer_.reset(evtimer_new(
      base,
      [](evutil_socket_t, short, void* keeper) {
        static_cast<FlowKeeper*>(keeper)->OnTimer();
      },
      this));
  CHECK(timer_ != nullptr) << "evtimer_new()";
  evtimer_add(timer_.get(), &kBetweenPasses);
}

std::optional<uint32_t> FlowKeeper::BackendOf(const l275_flow_key& key) const {
  return sweep_.BackendOf(key, TickOf(std::chrono::steady_clock::now()));
}

void FlowKeeper::OnTimer() {
  if (writer_.slots().tracked() > 0) tracking_ = true;
  if (tracking_ || !swept_) return Step();
  evtimer_add(timer_.get(), &kBetweenPasses);
}

void FlowKeeper::Step() {
  const auto now = std::chrono::steady_clock::now();
  absl::StatusOr<std::optional<FlowSweep::Result>> result =
      sweep_.Step(TickOf(now));
  if (result.ok() && !result->has_value()) {
    evtimer_add(timer_.get(), &kBetweenSteps);
    return;
  }
  if (result.ok()) {
    last_ = **std::move(result);
    swept_ = !std::exchange(tracking_, false);
    writer_.Settle(last_, idle_ticks_, now);
  } else {
    LOG(ERROR) << "flow table not swept: " << result.status();
  }
  evtimer_add(timer_.get(), &kBetweenPasses);
}

}  // namespace l275
