#ifndef L275_LB_AGENT_PEERS_SYNC_SINK_H_
#define L275_LB_AGENT_PEERS_SYNC_SINK_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "common/event/limited_log.h"
#include "common/net/ipv4_address.h"
#include "common/net/service_address.h"
#include "lb/agent/flows/flow_importer.h"
#include "lb/agent/peers/wire/sync.pb.h"
#include "lb/agent/publish/map_writer.h"
#include "lb/agent/publish/portable_state.h"

namespace l275 {

// What a peer said, as far as it is of use.
struct SyncPeerState {
  std::set<Ipv4Address> held;  // VIPs
  std::optional<sync::Declared> declared;
  bool resyncing = false;
  std::optional<std::chrono::steady_clock::time_point> resynced;  // complete
  uint64_t resyncs = 0;
  uint64_t malformed = 0;      // messages
  FlowImporter::Result flows;  // totals
  uint64_t flows_heard = 0;
  uint32_t unknown_priors = 0;  // in what was heard last
  std::string problem;          // why not all of it is of use; or empty
};

// Does as the peers say.
//
// Of a VIP that is on a peer and not here, that peer's tables, tracked slots
// and flows count: this load balancer would do with each packet as that one
// does. What a peer says of a VIP that is here, or on neither, is believed
// where this one knows nothing: its flow entries come beside those that are
// here.
//
// On the loop's thread. The writer outlives it.
class SyncSink {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  struct Callbacks {
    // Whether the peer has still to be told what is here: before that nothing
    // of its is followed, or what it does not know would be lost.
    std::function<bool(Ipv4Address peer)> owes;
    // Has the peer tell everything again.
    std::function<void(Ipv4Address peer)> ask;
    // The peer asks to be told everything again.
    std::function<void(Ipv4Address peer)> asked;
    // Whether the peer has the same --hash_seed, by its tag.
    std::function<bool(Ipv4Address peer, const std::string& tag)> same_seed;
  };

  SyncSink(const std::set<Ipv4Address>& peers, MapWriter* writer,
           std::chrono::seconds idle_timeout, Callbacks callbacks);
  SyncSink(const SyncSink&) = delete;
  SyncSink& operator=(const SyncSink&) = delete;

  void OnMessage(Ipv4Address peer, const sync::Message& message);
  void OnGone(Ipv4Address peer);

  // The VIPs that are on this host.
  void SetHeld(const std::set<Ipv4Address>& vips);

  // After each write of the maps: what was of no use may be now, and what was
  // heard of a backend that died here has been forgotten.
  void OnTablesWritten();

  // To be called each second: asks again what was not answered, and what could
  // not be followed, once the peer was told all that it was owed.
  void OnPaid();

  // Whether something that the peer told could not be used, until it has begun
  // to tell all again.
  bool IsIncomplete(Ipv4Address peer) const {
    const Peer& state = peers_.at(peer);
    return state.missed || state.deferred || state.asks;
  }

  // Whether each peer has told everything once.
  bool resynced() const;

  const std::map<Ipv4Address, SyncPeerState>& peers() const { return states_; }

 private:
  struct Peer {
    std::map<ServiceAddress, PortableTable> tables;
    std::string declared_services;  // those parts of it that came
    bool same_seed = false;
    // Of the resync that goes on: whether nothing of it is followed, since this
    // load balancer owes the peer something.
    bool defers = false;
    bool deferred = false;  // something was not followed for that
    bool missed = false;    // something named what is not here
    bool asks = false;      // to be told everything, until that begins
  };

  absl::Status Take(Ipv4Address peer, const sync::Message& message);
  absl::Status TakeTable(Ipv4Address peer, const sync::Table& message);
  absl::Status TakeSlots(Ipv4Address peer, const sync::Slots& message);
  absl::Status TakeFlows(Ipv4Address peer, const sync::Flows& message);
  void TakeAlive(Ipv4Address peer, const sync::Alive& message);
  void TakeDeclared(Ipv4Address peer, const sync::Declared& message);
  bool Leads(Ipv4Address peer, Ipv4Address vip) const;
  bool LeadsSome(Ipv4Address peer) const;
  bool Defers(Ipv4Address peer) const;
  void Ask(Ipv4Address peer);
  void TakeResyncBegin(Ipv4Address peer);
  void TakeResyncEnd(Ipv4Address peer);
  absl::Status Follow(Ipv4Address peer, const ServiceAddress& service,
                      absl::Span<const SlotRange> ranges);
  void UpdateFollowed();
  void AskHeirs(const std::set<Ipv4Address>& before,
                const std::set<Ipv4Address>& after);

  MapWriter& writer_;
  FlowImporter importer_;
  const uint32_t idle_ticks_;
  const Callbacks callbacks_;
  std::map<Ipv4Address, Peer> peers_;
  std::map<Ipv4Address, SyncPeerState> states_;
  std::set<Ipv4Address> held_;
  LimitedLog log_;
  uint64_t service_changes_ = 0;
  uint64_t revivals_ = 0;
};

}  // namespace l275

#endif  // L275_LB_AGENT_PEERS_SYNC_SINK_H_
