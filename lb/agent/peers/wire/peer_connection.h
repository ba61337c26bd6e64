#ifndef L275_LB_AGENT_PEERS_WIRE_PEER_CONNECTION_H_
#define L275_LB_AGENT_PEERS_WIRE_PEER_CONNECTION_H_

#include <event2/event.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/event/libevent_ptr.h"
#include "common/event/timer.h"
#include "common/net/endpoint.h"
#include "common/net/ipv4_address.h"
#include "common/os/unique_fd.h"
#include "lb/agent/peers/wire/session_reader.h"
#include "lb/agent/peers/wire/sync.pb.h"
#include "lb/agent/peers/wire/sync_keys.h"
#include "lb/agent/peers/wire/sync_result.h"

namespace l275 {

// One connection that a peer opened: greets it, and hands over what it says and
// is believed. Ends when a frame is not, when it says no Hello within two
// seconds or nothing for five seconds after that, or when the peer ends it.
//
// What is taken of the network before it is judged is never more than one
// frame, of 512 bytes before the Hello.
//
// Owns its socket; the loop, the keys and the owner outlive it. Runs on the
// loop's thread.
class PeerConnection {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    // The first message is a believed Hello, and no other is one. Must not
    // destroy the connection.
    virtual void OnMessage(PeerConnection* connection,
                           const sync::Message& message,
                           size_t frame_bytes) = 0;
    // It is over, and to be destroyed now. `rejected`: what the peer sent was
    // not believed. `why` is for people.
    virtual void OnEnd(PeerConnection* connection,
                       std::optional<SyncResult> rejected,
                       const std::string& why) = 0;
  };

  static absl::StatusOr<std::unique_ptr<PeerConnection>> Create(
      event_base* base, UniqueFd fd, const Endpoint& listener, Ipv4Address peer,
      const SyncKeys* keys, Owner* owner);

  PeerConnection(const PeerConnection&) = delete;
  PeerConnection& operator=(const PeerConnection&) = delete;

  Ipv4Address peer() const { return peer_; }
  const SessionReader& session() const { return session_; }

 private:
  PeerConnection(event_base* base, const Endpoint& listener, Ipv4Address peer,
                 const SyncKeys* keys, Owner* owner)
      : peer_(peer),
        owner_(owner),
        session_(keys, listener, peer),
        deadline_(base, [this] { OnDeadline(); }) {}

  absl::Status Start(event_base* base, UniqueFd fd);
  void Greet();
  void OnReadable();
  bool ReadFrame();
  bool Take(absl::Span<const uint8_t> frame);
  void OnEvent(short what);
  void OnDeadline();
  void StartDeadline();
  void BoundInput();
  bool Reject(SyncResult result);

  const Ipv4Address peer_;
  Owner* const owner_;
  SessionReader session_;
  BuffereventPtr stream_;
  Timer deadline_;
};

}  // namespace l275

#endif  // L275_LB_AGENT_PEERS_WIRE_PEER_CONNECTION_H_
