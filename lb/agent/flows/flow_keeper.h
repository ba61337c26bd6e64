#ifndef L275_LB_AGENT_FLOWS_FLOW_KEEPER_H_
#define L275_LB_AGENT_FLOWS_FLOW_KEEPER_H_

#include <event2/event.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

#include "common/event/timer.h"
#include "lb/agent/flows/flow_sweep.h"
#include "lb/agent/flows/flow_watcher.h"
#include "lb/agent/maps/maps.h"
#include "lb/agent/publish/map_writer.h"

namespace l275 {

// Sees to it that tracking ends: every second, while any slot is tracked and
// once more after that, it sweeps the flow table and has the map writer settle
// what needs no tracking any more.
//
// On the event loop's thread. Loop, maps and writer outlive it.
class FlowKeeper {
 public:
  FlowKeeper(event_base* base, Maps* maps, MapWriter* writer,
             std::chrono::seconds idle_timeout);
  FlowKeeper(const FlowKeeper&) = delete;
  FlowKeeper& operator=(const FlowKeeper&) = delete;

  // Sees all passes from the next that begins on; null for nobody. Outlives the
  // keeper, unless another takes its place.
  void SetWatcher(FlowWatcher* watcher);

  // The next pass begins as soon as the loop turns, or the one that goes on has
  // ended; without this in the next second.
  void PassSoon();

  // What the last pass found; at most some seconds old while slots are tracked.
  const FlowSweep::Result& last() const { return last_; }

  // Entries that were not seen for so many ticks count as absent.
  uint32_t idle_ticks() const { return idle_ticks_; }

 private:
  void OnTimer();
  void BeginPass();
  void Step();
  void EndPass();
  void Rest();

  MapWriter& writer_;
  const uint32_t idle_ticks_;
  FlowSweep sweep_;
  FlowWatcher* watcher_ = nullptr;
  bool watching_ = false;  // it saw the pass begin
  FlowSweep::Result last_;
  // Whether a slot was tracked in this pass; and whether the last one found
  // none that was, so that it left no entry behind.
  bool tracking_ = false;
  bool swept_ = false;
  bool pass_soon_ = false;
  Timer timer_;
};

}  // namespace l275

#endif  // L275_LB_AGENT_FLOWS_FLOW_KEEPER_H_
