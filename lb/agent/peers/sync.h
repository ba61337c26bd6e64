#ifndef L275_LB_AGENT_PEERS_SYNC_H_
#define L275_LB_AGENT_PEERS_SYNC_H_

#include <event2/event.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/control/control.pb.h"
#include "common/net/ipv4_address.h"
#include "lb/agent/flows/flow_keeper.h"
#include "lb/agent/flows/flow_news.h"
#include "lb/agent/maps/maps.h"
#include "lb/agent/peers/sync_sink.h"
#include "lb/agent/peers/sync_source.h"
#include "lb/agent/peers/wire/peer_listener.h"
#include "lb/agent/peers/wire/peer_sender.h"
#include "lb/agent/peers/wire/sync_keys.h"
#include "lb/agent/peers/wire/sync_options.h"
#include "lb/agent/publish/map_writer.h"

namespace l275 {

// Keeps load balancers of one mind, so that another can go on with the flows of
// one that dies:
//
//   maps, program ─► source ─► a sender for each peer
//   listener, for all peers ─► sink ─► map writer ─► maps
//
// The program must have been loaded with XdpAttachment::Options::tell_flows.
//
// Owns these parts; loop, maps, writer and keeper outlive it. Runs on the
// loop's thread.
class Sync : private SyncSource::Peers {
 public:
  struct Options {
    SyncOptions addresses;
    std::string keys_file;  // of beacons; empty: everybody is believed
    uint64_t hash_seed = 0;
    std::chrono::seconds idle_timeout{900};
    // How long a load balancer that begins with empty maps is not ready, for
    // want of what its peers know.
    std::chrono::seconds wait{10};
  };

  // Errors: those of BeaconKeys::Read() and PeerListener::Create(), NotFound
  // when no key may speak for this load balancer, system calls. `fresh`:
  // this load balancer knows of no flow, since there was none before it. To be
  // called once the maps are written.
  static absl::StatusOr<std::unique_ptr<Sync>> Create(
      event_base* base, const Options& options, const Maps* maps,
      MapWriter* writer, FlowKeeper* keeper, bool fresh);

  Sync(const Sync&) = delete;
  Sync& operator=(const Sync&) = delete;

  // What the operator wants here.
  void SetDeclared(control::Services services);

  // The VIPs that are on this host. To be called each second, and when they
  // change.
  void SetHeld(const std::set<Ipv4Address>& vips);

  // After each write of the maps.
  void OnTablesWritten();

  // Reads the keys file again. An error changes nothing.
  absl::Status ReloadKeys();

  // Unavailable: a fresh load balancer waits for what its peers know.
  absl::Status CheckResynced() const;

  const Options& options() const { return options_; }
  const PeerListener& listener() const { return *listener_; }
  const SyncSource& source() const { return *source_; }
  const SyncSink& sink() const { return *sink_; }
  const PeerSender& sender(Ipv4Address peer) const {
    return *senders_.at(peer);
  }
  bool insecure() const { return keys_.insecure(); }
  // See Differences(); empty while the peer is not heard.
  const std::vector<std::string>& differences(Ipv4Address peer) const {
    return differences_.at(peer);
  }

 private:
  Sync(const Options& options, std::optional<BeaconKeys> keys, bool fresh);

  absl::Status Start(event_base* base, const Maps* maps, MapWriter* writer,
                     FlowKeeper* keeper);
  SyncSink::Callbacks SinkCallbacks();
  std::set<Ipv4Address> PeerAddresses() const;
  void OnConnected(Ipv4Address peer);
  void SendDeclared(Ipv4Address peer);
  void AskForResync(Ipv4Address peer);
  void OnMessage(Ipv4Address peer, const sync::Message& message);
  void OnGone(Ipv4Address peer);
  bool HasSeed(Ipv4Address peer, const std::string& tag) const;
  void Compare(Ipv4Address peer);

  // SyncSource::Peers
  bool IsConnected(Ipv4Address peer) const override;
  void Send(Ipv4Address peer, const sync::Message& message) override;
  size_t UnsentBytes(Ipv4Address peer) const override;

  const Options options_;
  const bool fresh_;
  const std::chrono::steady_clock::time_point started_;
  SyncKeys keys_;
  control::Services declared_;
  std::map<Ipv4Address, std::vector<std::string>> differences_;
  std::unique_ptr<SyncSource> source_;
  std::unique_ptr<SyncSink> sink_;
  std::map<Ipv4Address, std::unique_ptr<PeerSender>> senders_;
  std::unique_ptr<PeerListener> listener_;
  std::unique_ptr<FlowNews> news_;
};

}  // namespace l275

#endif  // L275_LB_AGENT_PEERS_SYNC_H_
