#ifndef L275_LB_AGENT_NEXTHOP_NEXT_HOP_MONITOR_H_
#define L275_LB_AGENT_NEXTHOP_NEXT_HOP_MONITOR_H_

#include <event2/event.h>
#include <linux/netlink.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/event/limited_log.h"
#include "common/event/repeated_timer.h"
#include "common/event/timer.h"
#include "common/net/ipv4_address.h"
#include "common/netlink/netlink_client.h"
#include "common/netlink/netlink_subscription.h"
#include "lb/agent/nexthop/link_table.h"
#include "lb/agent/nexthop/neighbour_keeper.h"
#include "lb/agent/nexthop/next_hop.h"
#include "lb/agent/nexthop/route_resolver.h"

namespace l275 {

// Knows for each backend how a frame to it leaves this host, as long as the
// kernel knows it, so that no packet has to ask:
//
//    backend ──route──► interface ──neighbour──► destination MAC
//                           └────────link───────► source MAC
//
// The kernel stays the authority for all three. Its notifications tell what may
// have changed; what it is now is asked for. Thus a lost, late or repeated
// notification can delay the truth, and never replace it.
//
//    auto monitor = NextHopMonitor::Create(base, [&] { Write(monitor); });
//    (*monitor)->SetTargets({backend});
//    (*monitor)->next_hops().at(backend).ready();
//
// Follows the network namespace in which it was created. One thread, that of
// the event loop, which outlives the object.
class NextHopMonitor {
 public:
  using TimePoint = NeighbourKeeper::TimePoint;

  // `on_change` is called on the loop, at most once for a batch of
  // notifications, when next_hops() or links() have changed. It may call
  // SetTargets(), and may not destroy the object.
  static absl::StatusOr<std::unique_ptr<NextHopMonitor>> Create(
      event_base* base, std::function<void()> on_change);

  NextHopMonitor(const NextHopMonitor&) = delete;
  NextHopMonitor& operator=(const NextHopMonitor&) = delete;

  // The backends. When it returns, next_hops() has each of them, as the kernel
  // knows it at that time; one that the kernel has to resolve yet follows with
  // on_change. Does not call on_change itself.
  void SetTargets(const std::set<Ipv4Address>& targets);

  const std::map<Ipv4Address, NextHop>& next_hops() const { return next_hops_; }
  // When the next hop of a target last changed, its being added included.
  TimePoint ChangedAt(Ipv4Address target) const {
    return changed_at_.at(target);
  }
  // The state of the target's neighbour entry in the kernel's words, as
  // ip-neighbour(8) prints it: "reachable", "failed"; "none" when there is no
  // entry.
  std::string NeighbourState(Ipv4Address target) const;

  // Has the kernel ask at once for the MAC address of a target that has none:
  // somebody waits for it. See NeighbourKeeper::Probe().
  void Probe(Ipv4Address target);

  // All interfaces of the namespace by index.
  const std::map<uint32_t, Link>& links() const { return links_.links(); }

  // How often a MAC address was refused; see NeighbourKeeper.
  uint64_t mac_refusals() const { return neighbours_.refusals(); }

  // How often notifications were lost and everything was read again.
  uint64_t resyncs() const { return resyncs_; }

 private:
  NextHopMonitor(event_base* base, NetlinkClient client,
                 std::function<void()> on_change);

  absl::Status Start(event_base* base);
  void OnBatch(bool complete);
  void OnRetry();
  void OnTick();

  // Returns whether there is something to refresh. What concerns no target is
  // not worth a query: the network may be busy, and the host may follow the
  // whole Internet's routes.
  bool Note(nlmsghdr* message);
  bool NoteRoute(nlmsghdr* message);
  bool NoteRoutes();
  void NoteAll();
  // Reads what was noted, and calls on_change when that changed something.
  void Refresh();
  void RefreshLinks();
  void RefreshRoutes();
  void Resolve(Ipv4Address target);
  // Has the neighbours follow the routes.
  void WantNeighbours();
  // Has next_hops() follow all of it. Returns whether they changed.
  bool Compose();
  NextHop Compose(Ipv4Address target) const;
  void NoteChanges(const std::map<Ipv4Address, NextHop>& old);
  void Log(Ipv4Address target, const NextHop* old);
  std::string SharedMacText(Ipv4Address target) const;
  void FillEgress(const Route& route, NextHop* hop) const;
  void FillNeighbour(Ipv4Address address, NextHop* hop) const;
  absl::Status CheckEgress(uint32_t ifindex) const;
  bool HasFailed() const;
  void RetryLaterIfFailed();

  NetlinkClient client_;
  const std::function<void()> on_change_;
  LinkTable links_;
  NeighbourKeeper neighbours_;
  std::map<Ipv4Address, absl::StatusOr<Route>> routes_;  // of each target
  std::map<Ipv4Address, NextHop> next_hops_;
  std::map<Ipv4Address, TimePoint> changed_at_;  // of each of them

  bool links_failed_ = false;
  bool routes_noted_ = false;
  bool noted_ = false;          // anything, in the batch that is being read
  bool links_changed_ = false;  // since on_change_ was called last
  uint64_t resyncs_ = 0;

  std::unique_ptr<NetlinkSubscription> subscription_;
  Timer retry_;
  RepeatedTimer tick_;
  // Any neighbour can change its MAC address, or another's.
  LimitedLog changes_log_{"changes of next hops"};
  LimitedLog losses_log_{"next hops that are not ready", 10,
                         google::GLOG_WARNING};
};

}  // namespace l275

#endif  // L275_LB_AGENT_NEXTHOP_NEXT_HOP_MONITOR_H_
