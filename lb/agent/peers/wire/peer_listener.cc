#include "lb/agent/peers/wire/peer_listener.h"

#include <event2/listener.h>
#include <glog/logging.h>
#include <netinet/in.h>

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/os/status_util.h"
#include "lb/agent/api/tcp_listener.h"

namespace l275 {
namespace {

constexpr size_t kMaxGreeted = 4;
constexpr size_t kMostOfVersion = 64;

Ipv4Address AddressOf(const sockaddr* from) {
  return Ipv4Address::FromNetwork(
      reinterpret_cast<const sockaddr_in*>(from)->sin_addr.s_addr);
}

}  // namespace

absl::StatusOr<std::unique_ptr<PeerListener>> PeerListener::Create(
    event_base* base, const SyncOptions& options, const SyncKeys* keys,
    OnMessageCallback on_message, OnGoneCallback on_gone) {
  std::unique_ptr<PeerListener> listener(new PeerListener(
      base, options, keys, std::move(on_message), std::move(on_gone)));
  L275_RETURN_IF_ERROR(listener->Listen());
  return listener;
}

PeerListener::PeerListener(event_base* base, const SyncOptions& options,
                           const SyncKeys* keys, OnMessageCallback on_message,
                           OnGoneCallback on_gone)
    : base_(base),
      self_(options.listen),
      keys_(keys),
      on_message_(std::move(on_message)),
      on_gone_(std::move(on_gone)),
      log_(base, "lines about connections of load balancers",
           google::GLOG_WARNING) {
  for (const Endpoint& peer : options.peers) peers_[peer.address];
}

absl::Status PeerListener::Listen() {
  L275_ASSIGN_OR_RETURN(UniqueFd fd, ListenTcp(self_, AddressMayCome::kLater));
  listener_.reset(evconnlistener_new(
      base_,
      [](evconnlistener*, evutil_socket_t accepted, sockaddr* from, int,
         void* self) {
        static_cast<PeerListener*>(self)->OnAccept(UniqueFd(accepted), from);
      },
      this, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd.get()));
  if (!listener_) return absl::InternalError("evconnlistener_new() failed");
  (void)fd.release();  // the listener's now
  pause_ =
      std::make_unique<AcceptPause>(base_, listener_.get(), self_.ToString());
  return absl::OkStatus();
}

void PeerListener::OnAccept(UniqueFd fd, const sockaddr* from) {
  const Ipv4Address address = AddressOf(from);
  const auto peer = peers_.find(address);
  if (peer != peers_.end()) {
    Greet(std::move(fd), address, &peer->second);
    return;
  }
  ++strangers_;
  Log(absl::StrCat("closing a connection of ", address.ToString(), " to ",
                   self_.ToString(), ": no peer has this address"));
}

// The oldest has to go for the newest: a genuine peer says its Hello at once.
void PeerListener::Greet(UniqueFd fd, Ipv4Address address, Peer* peer) {
  if (peer->greeted.size() == kMaxGreeted) {
    peer->greeted.pop_front();
    Count(address, peer, SyncResult::kCrowd);
  }
  absl::StatusOr<std::unique_ptr<PeerConnection>> connection =
      PeerConnection::Create(base_, std::move(fd), self_, address, keys_, this);
  if (connection.ok()) {
    peer->greeted.push_back(*std::move(connection));
  } else {
    Log(std::string(connection.status().message()));
  }
}

void PeerListener::OnMessage(PeerConnection* connection,
                             const sync::Message& message, size_t frame_bytes) {
  Peer& peer = peers_.at(connection->peer());
  if (message.has_hello()) Begin(connection, message.hello(), &peer);
  peer.heard.last = HealthTime::clock::now();
  peer.heard.bytes += frame_bytes;
  peer.heard.frames.Add(SyncResult::kAccepted);
  on_message_(connection->peer(), message);
}

void PeerListener::Begin(PeerConnection* connection, const sync::Hello& hello,
                         Peer* peer) {
  const auto own = std::find_if(
      peer->greeted.begin(), peer->greeted.end(),
      [connection](const auto& other) { return other.get() == connection; });
  CHECK(own != peer->greeted.end());
  peer->session = std::move(*own);
  peer->greeted.erase(own);
  peer->heard.since = HealthTime::clock::now();
  peer->heard.key_id = connection->session().key().id;
  // It goes to the log and to terminals.
  peer->heard.version =
      absl::CEscape(hello.version().substr(0, kMostOfVersion));
  ++peer->heard.sessions;
  log_.Log(google::GLOG_INFO,
           absl::StrCat("hearing load balancer ", connection->peer().ToString(),
                        ", version ", peer->heard.version));
}

void PeerListener::OnEnd(PeerConnection* connection,
                         std::optional<SyncResult> rejected,
                         const std::string& why) {
  const Ipv4Address address = connection->peer();
  Peer& peer = peers_.at(address);
  peer.heard.error = why;
  if (rejected.has_value()) Count(address, &peer, *rejected);
  if (connection == peer.session.get()) {
    EndSession(address, &peer);
  } else {
    peer.greeted.remove_if(
        [connection](const auto& other) { return other.get() == connection; });
  }
}

void PeerListener::EndSession(Ipv4Address address, Peer* peer) {
  peer->session.reset();
  peer->heard.since.reset();
  Log(absl::StrCat("load balancer ", address.ToString(),
                   " is heard no more: ", peer->heard.error));
  on_gone_(address);
}

void PeerListener::Count(Ipv4Address address, Peer* peer, SyncResult result) {
  peer->heard.frames.Add(result);
  peer->heard.error = NameOf(result).help;
  Log(absl::StrCat("closing a connection of load balancer ", address.ToString(),
                   ": ", NameOf(result).help));
}

void PeerListener::Log(const std::string& line) { log_.Log(line); }

void PeerListener::OnKeysChanged() {
  for (auto& [address, peer] : peers_) {
    if (peer.session == nullptr || peer.session->session().IsKeyHeld()) {
      continue;
    }
    peer.heard.error = absl::StrCat("key ", peer.session->session().key().id,
                                    " is not in the keys file any more");
    EndSession(address, &peer);
  }
}

bool PeerListener::IsHeard(Ipv4Address peer) const {
  const auto found = peers_.find(peer);
  return found != peers_.end() && found->second.session != nullptr;
}

std::string PeerListener::TagOfHashSeed(Ipv4Address peer,
                                        uint64_t hash_seed) const {
  return IsHeard(peer)
             ? peers_.at(peer).session->session().TagOfHashSeed(hash_seed)
             : "";
}

std::map<Ipv4Address, PeerHeard> PeerListener::heard() const {
  std::map<Ipv4Address, PeerHeard> heard;
  for (const auto& [address, peer] : peers_) heard[address] = peer.heard;
  return heard;
}

}  // namespace l275
