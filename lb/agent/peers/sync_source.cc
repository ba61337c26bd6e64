#include "lb/agent/peers/sync_source.h"

#include <algorithm>
#include <utility>

#include "absl/hash/hash.h"
#include "common/abi/flow_hash.h"
#include "lb/agent/flows/flow_age.h"
#include "lb/agent/maps/tick.h"
#include "lb/agent/peers/sync_messages.h"
#include "lb/agent/publish/slot_export.h"

namespace l275 {
namespace {

constexpr std::chrono::seconds kBetweenResyncs{2};
// When the program makes more entries than can be told one by one. An entry
// that was missed is found by its refresh in any case.
constexpr std::chrono::seconds kAfterUntold{5};
// A pass waits for peers that have to take in more.
constexpr size_t kMostUnsentBytes = 4 << 20;

// Within so many ticks an entry that goes on being seen is told again: a
// minute, a quarter of the idle timeout if that is less.
uint32_t RefreshTicks(uint32_t idle_ticks) {
  return std::clamp<uint32_t>(idle_ticks / 4, 1, 60);
}

uint32_t Now() { return TickOf(std::chrono::steady_clock::now()); }

uint64_t FingerprintOf(const SlotRange& range) {
  size_t hash = absl::HashOf(range.tracked);
  for (const Ipv4Address prior : range.priors) {
    hash = absl::HashOf(hash, prior.ToHost());
  }
  return hash;
}

}  // namespace

SyncSource::SyncSource(const std::set<Ipv4Address>& peer_addresses,
                       const Maps* maps, const MapWriter* writer,
                       FlowKeeper* keeper, std::chrono::seconds idle_timeout,
                       Peers* peers)
    : maps_(*maps),
      writer_(*writer),
      keeper_(*keeper),
      idle_ticks_(TicksOf(idle_timeout)),
      refresh_ticks_(RefreshTicks(idle_ticks_)),
      reach_(*peers),
      pass_(maps, writer,
            [this](const sync::Message& message) {
              for (const auto& [address, peer] : peers_) {
                if (peer.in_pass) reach_.Send(address, message);
              }
            }),
      refresh_(maps, writer,
               [this](const sync::Message& message) {
                 for (const auto& [address, peer] : peers_) {
                   if (!peer.in_pass) reach_.Send(address, message);
                 }
               }),
      news_(maps, writer,
            [this](const sync::Message& message) {
              for (const auto& [address, peer] : peers_) {
                reach_.Send(address, message);
              }
            }),
      untold_(maps->untold_flows()) {
  for (const Ipv4Address address : peer_addresses) peers_[address];
  keeper_.SetWatcher(this);
}

SyncSource::~SyncSource() { keeper_.SetWatcher(nullptr); }

void SyncSource::OnConnected(Ipv4Address peer) {
  peers_.at(peer) = Peer();
  SendAlive(peer);
  Resync(peer);
}

void SyncSource::Resync(Ipv4Address peer) {
  WantPass(peers_.at(peer), kBetweenResyncs);
}

// The one that is due in the next second comes in any case.
void SyncSource::WantPass(Peer& peer, std::chrono::seconds after_last) {
  const TimePoint now = std::chrono::steady_clock::now();
  const TimePoint earliest =
      peer.passed.has_value() ? *peer.passed + after_last : now;
  peer.not_before =
      peer.wants_pass ? std::min(peer.not_before, earliest) : earliest;
  peer.wants_pass = true;
  if (peer.not_before <= now) keeper_.PassSoon();
}

void SyncSource::SetHeld(const std::set<Ipv4Address>& vips) {
  const std::set<Ipv4Address> before = std::exchange(held_, vips);
  for (const auto& [address, peer] : peers_) SendAlive(address);
  if (held_ == before) return;
  OnTablesWritten();
  if (std::includes(before.begin(), before.end(), held_.begin(), held_.end())) {
    return;
  }
  // What packets meet here is now what counts for the peers.
  for (auto& [address, peer] : peers_) {
    peer.passed.reset();
    Resync(address);
  }
}

void SyncSource::SendAlive(Ipv4Address peer) const {
  sync::Message message;
  sync::Alive* const alive = message.mutable_alive();
  for (const Ipv4Address vip : held_) alive->add_held_vip(vip.ToHost());
  reach_.Send(peer, message);
}

bool SyncSource::Owes(Ipv4Address peer) const {
  return peers_.at(peer).owed || !reach_.IsConnected(peer);
}

void SyncSource::OnTablesWritten() {
  ForgetGone();
  for (const auto& [address, service] : writer_.services()) {
    if (!Holds(address.vip)) continue;
    const auto told = told_.find(address);
    if (told != told_.end() && told->second.table == ExportTable(service)) {
      continue;
    }
    TellTable(address, service);
  }
}

void SyncSource::ForgetGone() {
  for (auto it = told_.begin(); it != told_.end();) {
    const bool here = writer_.services().count(it->first) > 0;
    it = here && Holds(it->first.vip) ? std::next(it) : told_.erase(it);
  }
}

void SyncSource::TellTable(const ServiceAddress& address,
                           const WrittenService& service) {
  TellAll(Statement(address, service, &told_[address]));
}

void SyncSource::TellAll(const std::vector<sync::Message>& messages) {
  for (const sync::Message& message : messages) {
    for (const auto& [peer, unused] : peers_) reach_.Send(peer, message);
  }
}

// All that there is to say of a service's slots, as it is remembered in `told`.
std::vector<sync::Message> SyncSource::Statement(const ServiceAddress& address,
                                                 const WrittenService& service,
                                                 Told* told) const {
  *told = {ExportTable(service), writer_.tracker().IsUsed(address), false, {}};
  std::vector<SlotRange> ranges;
  for (uint32_t i = 0; i < RangesOf(service.slot_count()); ++i) {
    SlotRange range = ExportRange(maps_, service, i);
    told->fingerprints.push_back(FingerprintOf(range));
    if (range.tracked != 0) ranges.push_back(std::move(range));
  }
  told->tracked = !ranges.empty();
  std::vector<sync::Message> messages = SlotsMessages(address, ranges);
  messages.insert(messages.begin(),
                  TableMessage(address, told->table, told->used, ranges));
  return messages;
}

void SyncSource::OnNews(absl::Span<const l275_flow_news> news) {
  // What a pass saw before comes before.
  pass_.Flush();
  refresh_.Flush();
  const uint32_t now = Now();
  for (const l275_flow_news& entry : news) {
    if (!IsLiveFlow(maps_, entry.flow, idle_ticks_, now)) continue;
    news_.Add(entry.key, entry.flow, now);
    ++flows_told_;
  }
  news_.Flush();
  const uint64_t untold = maps_.untold_flows();
  if (std::exchange(untold_, untold) == untold) return;
  for (auto& [address, peer] : peers_) {
    peer.owed = true;
    WantPass(peer, kAfterUntold);
  }
}

void SyncSource::OnPassBegin() {
  const TimePoint now = std::chrono::steady_clock::now();
  last_tick_ = std::exchange(tick_, TickOf(now));
  pass_.Clear();
  refresh_.Clear();
  std::set<Ipv4Address> begin;
  for (auto& [address, peer] : peers_) {
    if (BeginPass(peer, address, now)) begin.insert(address);
  }
  some_in_pass_ = !begin.empty();
  if (some_in_pass_) TellEverything(begin);
}

// Whether this pass is one that the peer wants.
bool SyncSource::BeginPass(Peer& peer, Ipv4Address address, TimePoint now) {
  // The last one came to no end.
  if (std::exchange(peer.in_pass, false)) {
    peer.wants_pass = true;
    peer.not_before = now;
  }
  if (!peer.wants_pass || now < peer.not_before ||
      !reach_.IsConnected(address)) {
    return false;
  }
  peer.wants_pass = false;
  peer.in_pass = true;
  peer.passed = now;
  ++resyncs_;
  return true;
}

// But for the flows, which the pass shows.
void SyncSource::TellEverything(const std::set<Ipv4Address>& peers) {
  const auto tell = [&](const sync::Message& message) {
    for (const Ipv4Address peer : peers) reach_.Send(peer, message);
  };
  sync::Message begin;
  begin.mutable_resync_begin();
  tell(begin);
  for (const auto& [address, service] : writer_.services()) {
    if (!Holds(address.vip)) continue;
    Told told;
    for (const sync::Message& message : Statement(address, service, &told)) {
      tell(message);
    }
  }
}

bool SyncSource::IsReady() const {
  return std::none_of(peers_.begin(), peers_.end(), [&](const auto& peer) {
    return peer.second.in_pass &&
           reach_.UnsentBytes(peer.first) > kMostUnsentBytes;
  });
}

void SyncSource::OnFlow(const l275_flow_key& key, const l275_flow& flow) {
  if (some_in_pass_) pass_.Add(key, flow, tick_);
  if (IsToBeRefreshed(key, flow)) refresh_.Add(key, flow, tick_);
}

// Each entry's turn comes at a tick of its own, in a circle. Whoever follows a
// peer has nothing to add to what that one says.
bool SyncSource::IsToBeRefreshed(const l275_flow_key& key,
                                 const l275_flow& flow) const {
  const uint64_t hash =
      l275_flow_hash(0, key.source, key.source_port, key.destination_port);
  const uint64_t since_turn = (tick_ + hash) % refresh_ticks_;
  if (since_turn >= tick_ - last_tick_) return false;
  if (AgeOfFlow(flow, tick_) > static_cast<int32_t>(2 * refresh_ticks_)) {
    return false;
  }
  const ServiceAddress* const service = FindService(writer_, key);
  return service != nullptr && !writer_.tracker().IsFollowed(*service);
}

void SyncSource::OnPassEnd() {
  pass_.Flush();
  refresh_.Flush();
  sync::Message end;
  end.mutable_resync_end();
  for (auto& [address, peer] : peers_) {
    if (!std::exchange(peer.in_pass, false)) continue;
    reach_.Send(address, end);
    // What was untold meanwhile wants another one.
    if (!peer.wants_pass) peer.owed = false;
  }
  for (const auto& [address, service] : writer_.services()) {
    const auto told = told_.find(address);
    if (told != told_.end()) TellSettled(address, service, told->second);
  }
}

void SyncSource::TellSettled(const ServiceAddress& address,
                             const WrittenService& service, Told& told) {
  if (!told.used && writer_.tracker().IsUsed(address)) {
    return TellTable(address, service);
  }
  if (!told.tracked && writer_.tracker().tracked() == 0) return;
  std::vector<SlotRange> changed;
  told.tracked = false;
  for (uint32_t i = 0; i < told.fingerprints.size(); ++i) {
    SlotRange range = ExportRange(maps_, service, i);
    told.tracked = told.tracked || range.tracked != 0;
    const uint64_t fingerprint = FingerprintOf(range);
    if (std::exchange(told.fingerprints[i], fingerprint) == fingerprint) {
      continue;
    }
    changed.push_back(std::move(range));
  }
  TellAll(SlotsMessages(address, changed));
}

}  // namespace l275
