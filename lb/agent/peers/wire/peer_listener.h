#ifndef L275_LB_AGENT_PEERS_WIRE_PEER_LISTENER_H_
#define L275_LB_AGENT_PEERS_WIRE_PEER_LISTENER_H_

#include <event2/event.h>
#include <sys/socket.h>

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "common/event/libevent_ptr.h"
#include "common/event/limited_loop_log.h"
#include "common/net/endpoint.h"
#include "common/net/ipv4_address.h"
#include "lb/agent/api/accept_pause.h"
#include "lb/agent/health/health_time.h"
#include "lb/agent/peers/wire/peer_connection.h"
#include "lb/agent/peers/wire/sync.pb.h"
#include "lb/agent/peers/wire/sync_keys.h"
#include "lb/agent/peers/wire/sync_options.h"
#include "lb/agent/peers/wire/sync_result.h"

namespace l275 {

// What was heard from a peer.
struct PeerHeard {
  std::optional<HealthTime> since;  // of its session; nullopt: there is none
  std::optional<HealthTime> last;   // message, of any session
  uint32_t key_id = 0;              // of the last session
  std::string version;              // the same
  uint64_t sessions = 0;            // since the start, as all that follow
  uint64_t bytes = 0;               // of accepted frames
  SyncCounters frames;              // and connections, by what became of them
  std::string error;  // why the last connection ended; empty: none did
};

// Takes what the other load balancers say: the listening half of what
// sync_wire.h describes.
//
// Only connections from the peers' addresses are taken, other ones are closed
// and counted. A peer has one session: a new one, once its Hello is believed,
// takes the place of the old one. Of its connections without a Hello yet the
// newest four are kept.
//
// The listening address may come after the start, go and come again.
//
// Owns its sockets; the loop and the keys outlive it. Runs on the loop's
// thread. Must not be destroyed, nor told of changed keys, from one of its
// callbacks.
class PeerListener : private PeerConnection::Owner {
 public:
  // The first message of a session is its Hello, and no other is one.
  using OnMessageCallback =
      std::function<void(Ipv4Address peer, const sync::Message& message)>;
  // The peer has no session any more. Not called for one whose place another
  // takes: that is told by its Hello alone.
  using OnGoneCallback = std::function<void(Ipv4Address peer)>;

  // Listens from now on. Unavailable or the like, "listening on 10.1.0.2:9276:
  // Address already in use", when the port is another process's.
  static absl::StatusOr<std::unique_ptr<PeerListener>> Create(
      event_base* base, const SyncOptions& options, const SyncKeys* keys,
      OnMessageCallback on_message, OnGoneCallback on_gone);

  ~PeerListener() override = default;
  PeerListener(const PeerListener&) = delete;
  PeerListener& operator=(const PeerListener&) = delete;

  // To be called after SyncKeys::Set(): ends sessions whose key is known no
  // more.
  void OnKeysChanged();

  // Whether the peer has a session: it was heard in the last five seconds.
  bool IsHeard(Ipv4Address peer) const;

  // As Declared.hash_seed_tag of that peer has it, when it has the same seed.
  // Empty: it has no session.
  std::string TagOfHashSeed(Ipv4Address peer, uint64_t hash_seed) const;

  // By address: all peers of the options.
  std::map<Ipv4Address, PeerHeard> heard() const;
  // Connections from addresses that are no peer's, since the start.
  uint64_t strangers() const { return strangers_; }

 private:
  using Connections = std::list<std::unique_ptr<PeerConnection>>;
  struct Peer {
    PeerHeard heard;
    Connections greeted;  // without a Hello yet, the oldest first
    std::unique_ptr<PeerConnection> session;
  };

  PeerListener(event_base* base, const SyncOptions& options,
               const SyncKeys* keys, OnMessageCallback on_message,
               OnGoneCallback on_gone);

  absl::Status Listen();
  void OnAccept(UniqueFd fd, const sockaddr* from);
  void Greet(UniqueFd fd, Ipv4Address address, Peer* peer);
  void Begin(PeerConnection* connection, const sync::Hello& hello, Peer* peer);
  void EndSession(Ipv4Address address, Peer* peer);
  void Count(Ipv4Address address, Peer* peer, SyncResult result);
  void Log(const std::string& line);

  // PeerConnection::Owner:
  void OnMessage(PeerConnection* connection, const sync::Message& message,
                 size_t frame_bytes) override;
  void OnEnd(PeerConnection* connection, std::optional<SyncResult> rejected,
             const std::string& why) override;

  event_base* const base_;
  const Endpoint self_;
  const SyncKeys* const keys_;
  const OnMessageCallback on_message_;
  const OnGoneCallback on_gone_;
  std::map<Ipv4Address, Peer> peers_;
  uint64_t strangers_ = 0;
  LimitedLoopLog log_;
  EvconnlistenerPtr listener_;
  std::unique_ptr<AcceptPause> pause_;  // before listener_ goes
};

}  // namespace l275

#endif  // L275_LB_AGENT_PEERS_WIRE_PEER_LISTENER_H_
