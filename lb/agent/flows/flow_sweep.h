#ifndef L275_LB_AGENT_FLOWS_FLOW_SWEEP_H_
#define L275_LB_AGENT_FLOWS_FLOW_SWEEP_H_

#include <cstdint>
#include <map>
#include <optional>
#include <unordered_set>

#include "absl/status/statusor.h"
#include "common/abi/map_layout.h"
#include "lb/agent/flows/flow_reader.h"
#include "lb/agent/flows/flow_watcher.h"
#include "lb/agent/maps/maps.h"

namespace l275 {

// Goes through the flow table, which the program fills and nobody else empties:
// deletes entries that are over, and finds out which slots still need theirs.
//
// So that a flood of packets, each of another flow, pays for itself, entries of
// flows that sent one packet only (common/abi/flow_mark.h) go first:
//
//   only SYNs, the last one 64 s ago   no server waits longer for the client's
//                                      answer to its own SYN
//   and when the table is running full:
//     only SYNs, the last one 4 s ago  a client repeats its SYN after 1, 2, 4 s
//     one other packet, 4 s ago        if it is kept where flows without an
//                                      entry go; the slot counts as one with
//                                      a flow that was not recorded
//     what does not count any more
//
// A pass over a million entries takes a third of a second, so it is made in
// steps, for the event loop to turn in between.
class FlowSweep {
 public:
  // What a pass found.
  struct Result {
    uint32_t entries = 0;  // that are left
    // By backend id: flows that were seen in the last minute.
    std::map<uint32_t, uint32_t> recent;
    // Slots with a live entry that points away from their owner.
    std::unordered_set<uint32_t> kept_away;
  };

  // An entry not seen for more than `idle_ticks` counts as absent. `maps`
  // outlives the sweep.
  FlowSweep(Maps* maps, uint32_t idle_ticks);

  // Sees the entries that count; null for nobody. Outlives the sweep.
  void SetWatcher(FlowWatcher* watcher) { watcher_ = watcher; }

  // Whether a pass was begun and is not complete.
  bool within_pass() const { return within_pass_; }

  // Goes on with the pass, or begins one. Time is `tick`. The result once it is
  // complete, an error of a system call (the pass then begins again).
  absl::StatusOr<std::optional<Result>> Step(uint32_t tick);

 private:
  absl::Status Judge(const FlowReader::Chunk& chunk, uint32_t tick);
  bool IsOver(const l275_flow& flow, uint32_t tick) const;
  bool GivesWay(const l275_flow& flow, uint32_t tick) const;
  void KeepPrior(const l275_flow& flow, uint32_t tick);
  absl::Status Delete(const l275_flow_key& key, uint32_t tick);

  Maps& maps_;
  const uint32_t idle_ticks_;
  FlowWatcher* watcher_ = nullptr;
  FlowReader reader_;
  Result result_;
  bool within_pass_ = false;
  uint32_t last_entries_ = 0;  // that the last pass left
  // More than three quarters of the table are in use.
  bool runs_full_ = false;
};

}  // namespace l275

#endif  // L275_LB_AGENT_FLOWS_FLOW_SWEEP_H_
