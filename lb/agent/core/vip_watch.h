#ifndef L275_LB_AGENT_CORE_VIP_WATCH_H_
#define L275_LB_AGENT_CORE_VIP_WATCH_H_

#include <event2/event.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>

#include "common/event/limited_loop_log.h"
#include "common/event/repeated_timer.h"
#include "lb/agent/announce/vip_holders.h"
#include "lb/agent/announce/vip_roles.h"
#include "lb/agent/config/desired_state.h"
#include "lb/agent/core/agent_parts.h"
#include "lb/agent/publish/virtual_routers.h"

namespace l275 {

// Which VIPs this host holds, which the peers hold, and what the program must
// know of VRRP for that.
class VipWatch {
 public:
  // Parts and desired state outlive the calls of what follows.
  VipWatch(event_base* base, AgentParts* parts, const DesiredState* desired);
  VipWatch(const VipWatch&) = delete;
  VipWatch& operator=(const VipWatch&) = delete;

  // From now on peers are compared with this host, four times a second.
  // `on_fault` is called when a fault begins or ends.
  void WatchHolders(std::function<void()> on_fault);

  // Reads which VIPs are on this host, and announces them to the peers; to be
  // called every second too, since the announcement is a heartbeat too.
  void Update();

  // Writes of which virtual routers this host is the active one.
  void WriteVirtualRouters();
  // Has the program forward for all virtual routers of which this host is a
  // member. For an agent that ends: until the next one nobody updates the
  // program, and frames that come twice do less harm than a VIP that nobody
  // serves.
  void ForwardAsAnyMember();

  const VipRoles& roles() const { return roles_; }
  const VipHolders& holders() const { return holders_; }

 private:
  std::map<uint32_t, VirtualRouters> FindRouters() const;
  void UpdateHolders();

  event_base* const base_;
  AgentParts& parts_;
  const DesiredState& desired_;
  VipRoles roles_;
  VipHolders holders_;
  // Neighbours can cause these lines, by VRRP.
  LimitedLoopLog log_;
  std::function<void()> on_fault_ = [] {};
  std::optional<RepeatedTimer> holders_timer_;
};

}  // namespace l275

#endif  // L275_LB_AGENT_CORE_VIP_WATCH_H_
