#include "lb/agent/peers/sync.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/os/status_util.h"
#include "lb/agent/peers/differences.h"
#include "lb/agent/peers/sync_messages.h"

namespace l275 {
absl::StatusOr<std::unique_ptr<Sync>> Sync::Create(
    event_base* base, const Options& options, const Maps* maps,
    MapWriter* writer, FlowKeeper* keeper, bool fresh) {
  std::optional<BeaconKeys> keys;
  if (!options.keys_file.empty()) {
    L275_ASSIGN_OR_RETURN(keys, BeaconKeys::Read(options.keys_file));
  }
  std::unique_ptr<Sync> sync(new Sync(options, std::move(keys), fresh));
  L275_RETURN_IF_ERROR(sync->Start(base, maps, writer, keeper));
  return sync;
}

Sync::Sync(const Options& options, std::optional<BeaconKeys> keys, bool fresh)
    : options_(options),
      fresh_(fresh),
      started_(std::chrono::steady_clock::now()),
      keys_(std::move(keys)) {}

absl::Status Sync::Start(event_base* base, const Maps* maps, MapWriter* writer,
                         FlowKeeper* keeper) {
  const SyncOptions& addresses = options_.addresses;
  SyncSource::Peers* const peers = this;
  L275_RETURN_IF_ERROR(keys_.SigningKey(addresses.listen.address).status());
  source_ = std::make_unique<SyncSource>(PeerAddresses(), maps, writer, keeper,
                                         options_.idle_timeout, peers);
  sink_ = std::make_unique<SyncSink>(PeerAddresses(), writer,
                                     options_.idle_timeout, SinkCallbacks());
  for (const Endpoint& peer : addresses.peers) {
    differences_[peer.address];
    senders_[peer.address] = std::make_unique<PeerSender>(
        base, addresses.listen, peer, &keys_,
        [this, address = peer.address] { OnConnected(address); });
  }
  L275_ASSIGN_OR_RETURN(
      listener_, PeerListener::Create(
                     base, addresses, &keys_,
                     [this](Ipv4Address peer, const sync::Message& message) {
                       OnMessage(peer, message);
                     },
                     [this](Ipv4Address peer) { OnGone(peer); }));
  L275_ASSIGN_OR_RETURN(
      news_, FlowNews::Create(base, *maps,
                              [this](absl::Span<const l275_flow_news> news) {
                                source_->OnNews(news);
                              }));
  return absl::OkStatus();
}

SyncSink::Callbacks Sync::SinkCallbacks() {
  SyncSink::Callbacks callbacks;
  callbacks.owes = [this](Ipv4Address peer) { return source_->Owes(peer); };
  callbacks.ask = [this](Ipv4Address peer) { AskForResync(peer); };
  callbacks.asked = [this](Ipv4Address peer) { source_->Resync(peer); };
  callbacks.same_seed = [this](Ipv4Address peer, const std::string& tag) {
    return HasSeed(peer, tag);
  };
  return callbacks;
}

std::set<Ipv4Address> Sync::PeerAddresses() const {
  std::set<Ipv4Address> peers;
  for (const Endpoint& peer : options_.addresses.peers) {
    peers.insert(peer.address);
  }
  return peers;
}

void Sync::OnConnected(Ipv4Address peer) {
  source_->OnConnected(peer);
  SendDeclared(peer);
}

void Sync::SendDeclared(Ipv4Address peer) {
  PeerSender& sender = *senders_.at(peer);
  for (const sync::Message& message : DeclaredMessages(
           declared_.SerializeAsString(),
           sender.TagOfHashSeed(options_.hash_seed), options_.idle_timeout)) {
    sender.Send(message);
  }
}

void Sync::SetDeclared(control::Services services) {
  declared_ = std::move(services);
  for (const auto& [peer, sender] : senders_) {
    SendDeclared(peer);
    Compare(peer);
  }
}

void Sync::SetHeld(const std::set<Ipv4Address>& vips) {
  sink_->SetHeld(vips);
  source_->SetHeld(vips);
  sink_->OnPaid();
}

void Sync::OnTablesWritten() {
  source_->OnTablesWritten();
  sink_->OnTablesWritten();
}

absl::Status Sync::ReloadKeys() {
  if (keys_.insecure()) return absl::OkStatus();
  L275_ASSIGN_OR_RETURN(BeaconKeys keys, BeaconKeys::Read(options_.keys_file));
  keys_.Set(std::move(keys));
  listener_->OnKeysChanged();
  for (const auto& [peer, sender] : senders_) sender->OnKeysChanged();
  return absl::OkStatus();
}

absl::Status Sync::CheckResynced() const {
  if (!fresh_ || sink_->resynced() ||
      std::chrono::steady_clock::now() - started_ > options_.wait) {
    return absl::OkStatus();
  }
  return absl::UnavailableError(absl::StrCat(
      "began with empty maps, and waits up to ", options_.wait.count(),
      " s (--sync_wait_s) for the flows that its peers know of"));
}

void Sync::OnMessage(Ipv4Address peer, const sync::Message& message) {
  sink_->OnMessage(peer, message);
  if (message.has_declared()) Compare(peer);
}

void Sync::OnGone(Ipv4Address peer) {
  sink_->OnGone(peer);
  Compare(peer);
}

bool Sync::HasSeed(Ipv4Address peer, const std::string& tag) const {
  return tag == listener_->TagOfHashSeed(peer, options_.hash_seed);
}

void Sync::Compare(Ipv4Address peer) {
  const auto& declared = sink_->peers().at(peer).declared;
  differences_[peer].clear();
  if (!declared.has_value()) return;
  differences_[peer] = Differences(
      declared_, static_cast<uint32_t>(options_.idle_timeout.count()),
      *declared, HasSeed(peer, declared->hash_seed_tag()));
}

void Sync::AskForResync(Ipv4Address peer) {
  sync::Message message;
  message.mutable_resync_request();
  Send(peer, message);
}

bool Sync::IsConnected(Ipv4Address peer) const {
  const auto sender = senders_.find(peer);
  return sender != senders_.end() && sender->second->connected();
}

void Sync::Send(Ipv4Address peer, const sync::Message& message) {
  senders_.at(peer)->Send(message);
}

size_t Sync::UnsentBytes(Ipv4Address peer) const {
  return senders_.at(peer)->unsent_bytes();
}

}  // namespace l275
