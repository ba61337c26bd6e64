#ifndef L275_LB_AGENT_PEERS_WIRE_PEER_SENDER_H_
#define L275_LB_AGENT_PEERS_WIRE_PEER_SENDER_H_

#include <event2/event.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "common/event/libevent_ptr.h"
#include "common/event/limited_loop_log.h"
#include "common/event/timer.h"
#include "common/net/endpoint.h"
#include "lb/agent/health/health_time.h"
#include "lb/agent/peers/wire/session_writer.h"
#include "lb/agent/peers/wire/sync.pb.h"
#include "lb/agent/peers/wire/sync_keys.h"
#include "lb/agent/peers/wire/sync_wire.h"

namespace l275 {

// Tells one other load balancer what this one has to say: the connecting half
// of what sync_wire.h describes.
//
// Connects from this load balancer's own address, again and again: 100 ms
// after a session ended, then twice as long each time, to a second; a session
// that lasted five seconds starts that anew. What is sent while there is no
// session is dropped: the owner tells everything again when there is one.
//
// A peer that takes in less than it is told has its connection ended once 64 MB
// wait for it; one that is gone without a word is noticed when something that
// was sent is not acknowledged within three seconds. So send something, Alive
// for example, each second.
//
// Owns its socket; the loop and the keys outlive it. Runs on the loop's thread.
// Must not be destroyed, nor told of changed keys, from its callback.
class PeerSender {
 public:
  struct Counters {
    uint64_t sessions = 0;
    uint64_t messages = 0;  // sent, or waiting to be, Hellos not counted
    uint64_t bytes = 0;     // of their frames
  };

  static constexpr size_t kMaxUnsentBytes = 64 << 20;

  // `self` is where this load balancer's PeerListener listens. Connects from
  // the loop, at once. `on_connected`, from the loop as well: there is a
  // session, and nothing was sent yet.
  PeerSender(event_base* base, const Endpoint& self, const Endpoint& peer,
             const SyncKeys* keys, std::function<void()> on_connected);

  PeerSender(const PeerSender&) = delete;
  PeerSender& operator=(const PeerSender&) = delete;

  // Whether there is a session: the peer has proven that it knows the key, and
  // that it believes this load balancer.
  bool connected() const { return state_ == State::kOpen; }

  // Dropped while there is no session. False, and an error in the log: it is
  // larger than kMaxSyncMessageBytes. It must be no Hello.
  bool Send(const sync::Message& message);

  // Of frames that wait in this process for the kernel to take them; 0 while
  // there is no session.
  size_t unsent_bytes() const;

  // To be called after SyncKeys::Set(): ends a session whose key is known no
  // more.
  void OnKeysChanged();

  // For Declared.hash_seed_tag; empty while there is no session.
  std::string TagOfHashSeed(uint64_t hash_seed) const;

  const Endpoint& peer() const { return peer_; }
  uint32_t key_id() const { return key_id_; }  // of the last session
  // When connected() became what it is.
  HealthTime since() const { return since_; }
  // Why there is no session, or why the last one ended: "connecting: Connection
  // refused". Empty: there was no reason yet.
  const std::string& error() const { return error_; }
  const Counters& counters() const { return counters_; }

 private:
  enum class State { kWaiting, kConnecting, kGreeting, kWelcome, kOpen };

  void Connect();
  absl::Status Open();
  void OnReadable();
  void ReadGreeting();
  absl::Status SendHello(const SyncNonce& listener_nonce);
  void ReadWelcome();
  void OnEvent(short what);
  void OnTimer();
  void Fail(const std::string& error);
  void Write(const std::string& frame);

  event_base* const base_;
  const Endpoint self_;
  const Endpoint peer_;
  const SyncKeys* const keys_;
  const std::function<void()> on_connected_;
  State state_ = State::kWaiting;
  HealthTime since_;
  std::chrono::milliseconds delay_;  // before the next attempt
  LimitedLoopLog log_;
  std::string error_;
  std::string logged_error_;  // since the last session
  Counters counters_;
  uint32_t key_id_ = 0;
  std::optional<SessionWriter> session_;  // from its Hello on
  BuffereventPtr stream_;
  Timer timer_;  // of the next attempt, or for the welcome to come
};

}  // namespace l275

#endif  // L275_LB_AGENT_PEERS_WIRE_PEER_SENDER_H_
