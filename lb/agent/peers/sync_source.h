#ifndef L275_LB_AGENT_PEERS_SYNC_SOURCE_H_
#define L275_LB_AGENT_PEERS_SYNC_SOURCE_H_

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "absl/types/span.h"
#include "common/net/ipv4_address.h"
#include "common/net/service_address.h"
#include "lb/agent/flows/flow_keeper.h"
#include "lb/agent/flows/flow_watcher.h"
#include "lb/agent/maps/maps.h"
#include "lb/agent/peers/flow_batches.h"
#include "lb/agent/peers/wire/sync.pb.h"
#include "lb/agent/publish/map_writer.h"
#include "lb/agent/publish/portable_state.h"

namespace l275 {

// What this load balancer has to tell its peers.
//
//   a session begins, or a VIP comes here   all tables, tracked slots, flows
//   a table changes                         it, and its tracked slots
//   a pass settled slots                    the ranges that are different now
//   the program makes an entry              it, within milliseconds
//   every minute, or a quarter of the       entries that go on being seen: or a
//   idle timeout                            peer would take them for over
//
// Tables and slots are told for VIPs that are here: elsewhere they are not what
// packets meet. Flows are told also of other VIPs when a session begins: two
// load balancers that were cut off from each other may both have some.
//
// On the loop's thread. All that is handed to it outlives it.
class SyncSource : public FlowWatcher {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  // How it reaches peers.
  class Peers {
   public:
    virtual ~Peers() = default;
    virtual bool IsConnected(Ipv4Address peer) const = 0;
    // Dropped while it is not.
    virtual void Send(Ipv4Address peer, const sync::Message& message) = 0;
    // What was sent and still waits to leave this process.
    virtual size_t UnsentBytes(Ipv4Address) const { return 0; }
  };

  SyncSource(const std::set<Ipv4Address>& peer_addresses, const Maps* maps,
             const MapWriter* writer, FlowKeeper* keeper,
             std::chrono::seconds idle_timeout, Peers* peers);
  ~SyncSource() override;
  SyncSource(const SyncSource&) = delete;
  SyncSource& operator=(const SyncSource&) = delete;

  // A session with the peer begins.
  void OnConnected(Ipv4Address peer);

  // Tells the peer everything, by a pass of its own; two seconds after the last
  // one of its kind at the earliest.
  void Resync(Ipv4Address peer);

  // The VIPs that are on this host; also tells peers when they are as they
  // were, which is a sign of life: to be called each second.
  void SetHeld(const std::set<Ipv4Address>& vips);
  bool Holds(Ipv4Address vip) const { return held_.count(vip) > 0; }

  // After each write of the maps.
  void OnTablesWritten();

  // The program made these entries.
  void OnNews(absl::Span<const l275_flow_news> news);

  // Whether this load balancer may know of flows that it has not told the peer.
  bool Owes(Ipv4Address peer) const;

  uint64_t resyncs() const { return resyncs_; }
  uint64_t flows_told() const { return flows_told_; }

  // FlowWatcher
  void OnPassBegin() override;
  bool IsReady() const override;
  void OnFlow(const l275_flow_key& key, const l275_flow& flow) override;
  void OnPassEnd() override;

 private:
  struct Peer {
    bool wants_pass = false;  // all flows, by a pass
    TimePoint not_before;     // which begins then at the earliest
    bool in_pass = false;     // gets the flows of this one
    bool owed = true;
    std::optional<TimePoint> passed;  // when its last pass began
  };
  // What was told of a service, to all peers that are connected.
  struct Told {
    PortableTable table;
    bool used = false;
    bool tracked = false;                // any slot
    std::vector<uint64_t> fingerprints;  // of each range
  };

  std::vector<sync::Message> Statement(const ServiceAddress& address,
                                       const WrittenService& service,
                                       Told* told) const;
  void TellTable(const ServiceAddress& address, const WrittenService& service);
  void TellSettled(const ServiceAddress& address, const WrittenService& service,
                   Told& told);
  void TellAll(const std::vector<sync::Message>& messages);
  void SendAlive(Ipv4Address peer) const;
  void WantPass(Peer& peer, std::chrono::seconds after_last);
  bool BeginPass(Peer& peer, Ipv4Address address, TimePoint now);
  void TellEverything(const std::set<Ipv4Address>& peers);
  void ForgetGone();
  bool IsToBeRefreshed(const l275_flow_key& key, const l275_flow& flow) const;

  const Maps& maps_;
  const MapWriter& writer_;
  FlowKeeper& keeper_;
  const uint32_t idle_ticks_;
  const uint32_t refresh_ticks_;
  Peers& reach_;
  std::map<Ipv4Address, Peer> peers_;
  std::set<Ipv4Address> held_;
  std::map<ServiceAddress, Told> told_;
  FlowBatches pass_;     // to peers that want them all
  FlowBatches refresh_;  // to the others
  FlowBatches news_;     // to all
  bool some_in_pass_ = false;
  uint32_t tick_ = 0;       // of the pass's begin,
  uint32_t last_tick_ = 0;  // and of the last one's
  uint64_t untold_ = 0;
  uint64_t resyncs_ = 0;
  uint64_t flows_told_ = 0;
};

}  // namespace l275

#endif  // L275_LB_AGENT_PEERS_SYNC_SOURCE_H_
