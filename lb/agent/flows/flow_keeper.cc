#include "lb/agent/flows/flow_keeper.h"

#include <glog/logging.h>

#include <optional>
#include <utility>

#include "lb/agent/maps/tick.h"

namespace l275 {
namespace {

constexpr timeval kBetweenPasses = {1, 0};
// The loop turns between the steps of a pass.
constexpr timeval kBetweenSteps = {0, 0};
constexpr timeval kForWatcher = {0, 10'000};

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

void FlowKeeper::SetWatcher(FlowWatcher* watcher) {
  watcher_ = watcher;
  watching_ = false;
  sweep_.SetWatcher(nullptr);
}

void FlowKeeper::PassSoon() {
  pass_soon_ = sweep_.within_pass();
  if (!pass_soon_) evtimer_add(timer_.get(), &kBetweenSteps);
}

void FlowKeeper::OnTimer() {
  if (writer_.tracker().tracked() > 0) tracking_ = true;
  if (!sweep_.within_pass()) BeginPass();
  if (tracking_ || !swept_) return Step();
  EndPass();
}

void FlowKeeper::BeginPass() {
  watching_ = watcher_ != nullptr;
  sweep_.SetWatcher(watcher_);
  if (watching_) watcher_->OnPassBegin();
}

void FlowKeeper::Step() {
  if (watching_ && !watcher_->IsReady()) {
    evtimer_add(timer_.get(), &kForWatcher);
    return;
  }
  const auto now = std::chrono::steady_clock::now();
  absl::StatusOr<std::optional<FlowSweep::Result>> result =
      sweep_.Step(TickOf(now));
  if (!result.ok()) {
    LOG(ERROR) << "flow table not swept: " << result.status();
    return Rest();
  }
  if (!result->has_value()) {
    evtimer_add(timer_.get(), &kBetweenSteps);
    return;
  }
  last_ = **std::move(result);
  swept_ = !std::exchange(tracking_, false);
  writer_.tracker().Settle(
      [this](uint32_t slot) { return last_.kept_away.count(slot) > 0; },
      idle_ticks_, now);
  EndPass();
}

// The watcher may want another pass.
void FlowKeeper::EndPass() {
  Rest();
  if (watching_) watcher_->OnPassEnd();
}

void FlowKeeper::Rest() {
  const bool soon = std::exchange(pass_soon_, false);
  evtimer_add(timer_.get(), soon ? &kBetweenSteps : &kBetweenPasses);
}

}  // namespace l275
