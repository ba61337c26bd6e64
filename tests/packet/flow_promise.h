#ifndef L275_TESTS_PACKET_FLOW_PROMISE_H_
#define L275_TESTS_PACKET_FLOW_PROMISE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "common/net/ipv4_address.h"
#include "lb/agent/publish/snapshot.h"
#include "tests/packet/flow_model.h"

namespace l275 {

// Watches where packets go, and tells when the promise is broken: a flow that
// sends at least one packet per idle timeout stays on its backend for as long
// as that lives. It knows nothing of how the promise is kept.
//
// A flow begins with a SYN that goes to another backend, or with the first
// packet after a silence. It is let go when its backend dies, and when its
// service is given a table of another size or it comes to belong to another
// service. While it has sent nothing but SYNs, a shorter silence ends it.
//
// With `syns_move_nothing`, a SYN goes to another backend only when the flow
// was silent for the time that a client keeps its port, or did not send since
// the last change. A SYN does not count as sending if the backend drains.
class FlowPromise {
 public:
  struct Settings {
    uint64_t idle_ticks = 0;
    uint64_t handshake_ticks = 0;
    uint64_t port_ticks = 0;
    bool syns_move_nothing = false;
  };

  explicit FlowPromise(const Settings& settings) : settings_(settings) {}

  // From now on this holds.
  void Written(const Snapshot& snapshot);

  // A packet went to `backend`, or was dropped. Returns false when that breaks
  // the promise.
  bool Observed(const FlowKey& key, bool syn,
                std::optional<Ipv4Address> backend, uint64_t tick);

  // Packets that were bound to a backend by the promise, and of these the ones
  // that did not go there.
  uint64_t bound() const { return bound_; }
  uint64_t broken() const { return broken_; }
  // Bound packets whose flow's service had changed since it began.
  uint64_t bound_through_changes() const { return bound_through_changes_; }
  // Bound SYNs.
  uint64_t bound_syns() const { return bound_syns_; }

 private:
  struct Flow {
    ServiceAddress service;
    Ipv4Address backend;
    uint64_t life = 0;
    uint64_t table = 0;
    uint64_t began = 0;    // by changes
    uint64_t until = 0;    // silence ends it after this tick
    uint64_t sent = 0;     // tick,
    uint64_t sent_in = 0;  // and changes before it
  };

  const ServiceAddress* ServiceOf(const FlowKey& key) const;
  bool IsBound(const Flow& flow, const ServiceAddress& service,
               uint64_t tick) const;
  bool OutlivesSyn(const Flow& flow, uint64_t tick) const;
  bool IsDraining(const ServiceAddress& service, Ipv4Address backend) const;
  void Sent(Flow& flow, bool syn, uint64_t tick) const;

  const Settings settings_;
  Snapshot snapshot_;
  uint64_t changes_ = 0;
  std::map<std::pair<ServiceAddress, Ipv4Address>, uint64_t> deaths_;
  std::map<ServiceAddress, uint64_t> tables_;  // that it has had
  std::map<FlowKey, Flow> flows_;
  uint64_t bound_ = 0;
  uint64_t broken_ = 0;
  uint64_t bound_through_changes_ = 0;
  uint64_t bound_syns_ = 0;
};

}  // namespace l275

#endif  // L275_TESTS_PACKET_FLOW_PROMISE_H_
