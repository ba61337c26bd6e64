#ifndef L275_LB_AGENT_CORE_CONTROL_PATH_H_
#define L275_LB_AGENT_CORE_CONTROL_PATH_H_

#include <event2/event.h>

#include "lb/agent/config/desired_source.h"
#include "lb/agent/core/agent_options.h"
#include "lb/agent/core/agent_parts.h"
#include "lb/agent/core/reconciler.h"
#include "lb/agent/core/vip_watch.h"
#include "lb/agent/views/agent_view.h"

namespace l275 {

// The agent's parts, and what connects them.
struct ControlPath {
  ControlPath(event_base* base, AgentOptions options, DesiredSource source);
  ControlPath(const ControlPath&) = delete;
  ControlPath& operator=(const ControlPath&) = delete;

  // For one answer to an operator; not before the start is over.
  AgentView View() const;

  // Reads the drivers' losses on all interfaces by which the program sends.
  void ReadDriverLosses();
  // Opens the slow path's sockets on all interfaces that have the program.
  void OpenSlowPaths();
  // Announces to the peers what is configured here.
  void AnnounceConfiguration();

  // The parts' destructors may call these two, which are destroyed after them.
  Reconciler reconciler;
  VipWatch vips;
  AgentParts parts;
};

}  // namespace l275

#endif  // L275_LB_AGENT_CORE_CONTROL_PATH_H_
