#ifndef L275_LB_AGENT_FLOWS_FLOW_WATCHER_H_
#define L275_LB_AGENT_FLOWS_FLOW_WATCHER_H_

#include "common/abi/map_layout.h"

namespace l275 {

// Whoever wants to see all entries of the flow table: the flow keeper's passes
// show them. A pass that begins while another has not ended takes its place.
class FlowWatcher {
 public:
  virtual ~FlowWatcher() = default;

  virtual void OnPassBegin() = 0;
  // Whether it can take more entries now: the pass waits for it.
  virtual bool IsReady() const { return true; }
  // An entry that counts.
  virtual void OnFlow(const l275_flow_key& key, const l275_flow& flow) = 0;
  // All were shown, and what the pass found settled is settled. Without tracked
  // slots there are no entries to show.
  virtual void OnPassEnd() = 0;
};

}  // namespace l275

#endif  // L275_LB_AGENT_FLOWS_FLOW_WATCHER_H_
