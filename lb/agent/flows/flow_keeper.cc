#include "lb/agent/flows/flow_keeper.h"

#include <glog/logging.h>

#include <optional>
#include <utility>

#include "lb/agent/maps/tick.h"

namespace l275 {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kBetweenPasses{1000};
// The loop turns between the steps of a pass.
constexpr milliseconds kBetweenSteps{0};
constexpr milliseconds kForWatcher{10};

}  // namespace

FlowKeeper::FlowKeeper(event_base* base, Maps* maps, MapWriter* writer,
                       std::chrono::seconds idle_timeout)
    : writer_(*writer),
      idle_ticks_(TicksOf(idle_timeout)),
      sweep_(maps, idle_ticks_),
      timer_(base, [this] { OnTimer(); }) {
  timer_.Start(kBetweenPasses);
}

void FlowKeeper::SetWatcher(FlowWatcher* watcher) {
  watcher_ = watcher;
  watching_ = false;
  sweep_.SetWatcher(nullptr);
}

void FlowKeeper::PassSoon() {
  pass_soon_ = sweep_.within_pass();
  if (!pass_soon_) timer_.Start(kBetweenSteps);
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
    timer_.Start(kForWatcher);
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
    timer_.Start(kBetweenSteps);
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
  timer_.Start(soon ? kBetweenSteps : kBetweenPasses);
}

}  // namespace l275
