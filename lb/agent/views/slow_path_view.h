#ifndef L275_LB_AGENT_VIEWS_SLOW_PATH_VIEW_H_
#define L275_LB_AGENT_VIEWS_SLOW_PATH_VIEW_H_

#include <cstdint>

#include "common/control/control.pb.h"
#include "lb/agent/slowpath/slow_path.h"
#include "lb/agent/views/agent_view.h"

namespace l275 {

// Whether there is a slow path, and what became of its frames; handed_over is
// left to those who have the program's counters.
void FillSlowPath(const AgentView& view, control::SlowPath* message);

// Adds the slow path of one interface. `slow_path` is null when there is none.
void FillSlowPathOf(const SlowPath* slow_path, uint32_t ifindex,
                    control::Interface* message);

// Whether the program can hand frames of this interface to the agent.
bool HasSlowPath(const SlowPath* slow_path, uint32_t ifindex);

}  // namespace l275

#endif  // L275_LB_AGENT_VIEWS_SLOW_PATH_VIEW_H_
