#include "lb/agent/peers/sync_sink.h"

#include <glog/logging.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/os/status_util.h"
#include "lb/agent/maps/tick.h"
#include "lb/agent/peers/sync_messages.h"

namespace l275 {
namespace {

constexpr size_t kMostDeclaredBytes = 64 << 20;

SyncSink::TimePoint Now() { return std::chrono::steady_clock::now(); }

}  // namespace

SyncSink::SyncSink(const std::set<Ipv4Address>& peers, MapWriter* writer,
                   std::chrono::seconds idle_timeout, Callbacks callbacks)
    : writer_(*writer),
      importer_(&writer->maps(), &writer->tracker().slots()),
      idle_ticks_(TicksOf(idle_timeout)),
      callbacks_(std::move(callbacks)),
      log_("problems with what peers say", /*lines=*/1, google::GLOG_WARNING),
      service_changes_(writer->service_changes()),
      revivals_(writer->revivals()) {
  for (const Ipv4Address address : peers) {
    peers_[address];
    states_[address];
  }
}

void SyncSink::OnMessage(Ipv4Address peer, const sync::Message& message) {
  const absl::Status taken = Take(peer, message);
  if (taken.ok()) return;
  SyncPeerState& state = states_.at(peer);
  if (state.problem != taken.message()) {
    state.problem = std::string(taken.message());
    log_.Log(absl::StrCat("peer ", peer.ToString(), ": ", state.problem),
             Now());
  }
  if (absl::IsInvalidArgument(taken)) ++state.malformed;
}

absl::Status SyncSink::Take(Ipv4Address peer, const sync::Message& message) {
  switch (message.what_case()) {
    case sync::Message::kHello:
      peers_.at(peer) = Peer();
      return absl::OkStatus();
    case sync::Message::kAlive:
      TakeAlive(peer, message.alive());
      return absl::OkStatus();
    case sync::Message::kDeclared:
      TakeDeclared(peer, message.declared());
      return absl::OkStatus();
    case sync::Message::kResyncBegin:
      TakeResyncBegin(peer);
      return absl::OkStatus();
    case sync::Message::kTable:
      return TakeTable(peer, message.table());
    case sync::Message::kSlots:
      return TakeSlots(peer, message.slots());
    case sync::Message::kFlows:
      return TakeFlows(peer, message.flows());
    case sync::Message::kResyncEnd:
      TakeResyncEnd(peer);
      return absl::OkStatus();
    case sync::Message::kResyncRequest:
      callbacks_.asked(peer);
      return absl::OkStatus();
    case sync::Message::WHAT_NOT_SET:
      // Of a later version; what it means can wait.
      return absl::OkStatus();
  }
  return absl::OkStatus();
}

void SyncSink::TakeResyncBegin(Ipv4Address peer) {
  SyncPeerState& state = states_.at(peer);
  state.resyncing = true;
  state.problem.clear();
  state.unknown_priors = 0;
  Peer& begun = peers_.at(peer);
  begun.missed = false;
  begun.asks = false;
  begun.deferred = false;
  // For all of it: with its first slots there is something tracked here.
  begun.defers = Defers(peer);
}

void SyncSink::TakeResyncEnd(Ipv4Address peer) {
  SyncPeerState& state = states_.at(peer);
  state.resyncing = false;
  ++state.resyncs;
  if (!peers_.at(peer).deferred) state.resynced = Now();
}

void SyncSink::TakeAlive(Ipv4Address peer, const sync::Alive& message) {
  std::set<Ipv4Address> held;
  for (const uint32_t vip : message.held_vip()) {
    held.insert(Ipv4Address::FromHost(vip));
  }
  if (held == states_.at(peer).held) return;
  const std::set<Ipv4Address> before =
      std::exchange(states_.at(peer).held, std::move(held));
  UpdateFollowed();
  AskHeirs(before, states_.at(peer).held);
}

// Where one of several gives up a VIP, what another one said of it meanwhile
// was not followed. One that comes to hold it says everything by itself.
void SyncSink::AskHeirs(const std::set<Ipv4Address>& before,
                        const std::set<Ipv4Address>& after) {
  for (const auto& [peer, state] : states_) {
    for (const Ipv4Address vip : before) {
      if (after.count(vip) > 0 || !Leads(peer, vip)) continue;
      Ask(peer);
      break;
    }
  }
}

void SyncSink::TakeDeclared(Ipv4Address peer, const sync::Declared& message) {
  std::string& services = peers_.at(peer).declared_services;
  // A peer is believed, and yet not to have more than the control API takes.
  if (services.size() < kMostDeclaredBytes) services += message.services();
  if (!message.goes_on()) {
    sync::Declared& declared = states_.at(peer).declared.emplace(message);
    declared.set_services(std::exchange(services, std::string()));
  }
  peers_.at(peer).same_seed =
      callbacks_.same_seed(peer, message.hash_seed_tag());
  UpdateFollowed();
}

bool SyncSink::Leads(Ipv4Address peer, Ipv4Address vip) const {
  return states_.at(peer).held.count(vip) > 0 && held_.count(vip) == 0;
}

bool SyncSink::LeadsSome(Ipv4Address peer) const {
  const std::set<Ipv4Address>& held = states_.at(peer).held;
  return std::any_of(held.begin(), held.end(),
                     [&](Ipv4Address vip) { return Leads(peer, vip); });
}

bool SyncSink::Defers(Ipv4Address peer) const {
  return writer_.tracker().tracked() > 0 && callbacks_.owes(peer);
}

absl::Status SyncSink::TakeTable(Ipv4Address peer, const sync::Table& message) {
  L275_ASSIGN_OR_RETURN(const ServiceAddress service,
                        ServiceOfName(message.service()));
  L275_ASSIGN_OR_RETURN(PortableTable table, TableOfMessage(message));
  Peer& state = peers_.at(peer);
  state.tables.erase(service);
  if (!Leads(peer, service.vip) || !state.same_seed) return absl::OkStatus();
  if (states_.at(peer).resyncing ? state.defers : Defers(peer)) {
    state.deferred = true;
    return absl::OkStatus();
  }
  if (writer_.services().count(service) == 0) {
    state.missed = true;
    return absl::NotFoundError(
        absl::StrCat("there is no service ", service.ToString()));
  }
  if (message.used()) writer_.tracker().AssumeUsed({service});
  state.tables[service] = std::move(table);
  return Follow(peer, service, UntrackedRangesOfMessage(message));
}

// Without a table, what it belongs to was not followed.
absl::Status SyncSink::TakeSlots(Ipv4Address peer, const sync::Slots& message) {
  L275_ASSIGN_OR_RETURN(const ServiceAddress service,
                        ServiceOfName(message.service()));
  const auto table = peers_.at(peer).tables.find(service);
  if (table == peers_.at(peer).tables.end() || !Leads(peer, service.vip)) {
    return absl::OkStatus();
  }
  L275_ASSIGN_OR_RETURN(const std::vector<SlotRange> ranges,
                        RangesOfMessage(message, table->second.slots));
  return Follow(peer, service, ranges);
}

absl::Status SyncSink::Follow(Ipv4Address peer, const ServiceAddress& service,
                              absl::Span<const SlotRange> ranges) {
  const absl::StatusOr<uint32_t> unknown = writer_.tracker().Follow(
      service, peers_.at(peer).tables.at(service), ranges, Now());
  if (!unknown.ok() || *unknown > 0) peers_.at(peer).missed = true;
  L275_RETURN_IF_ERROR(unknown.status());
  states_.at(peer).unknown_priors += *unknown;
  return absl::OkStatus();
}

absl::Status SyncSink::TakeFlows(Ipv4Address peer, const sync::Flows& message) {
  L275_ASSIGN_OR_RETURN(const ServiceAddress service,
                        ServiceOfName(message.service()));
  L275_ASSIGN_OR_RETURN(const std::vector<PortableFlow> flows,
                        FlowsOfMessage(message, service));
  SyncPeerState& state = states_.at(peer);
  state.flows_heard += flows.size();
  const FlowConflict conflict =
      Leads(peer, service.vip) ? FlowConflict::kTheirs : FlowConflict::kOurs;
  const auto here = FindService(writer_.services(), service);
  if (!here.ok()) peers_.at(peer).missed = true;
  L275_RETURN_IF_ERROR(here.status());
  const absl::StatusOr<FlowImporter::Result> result =
      importer_.Import(**here, flows, conflict, idle_ticks_, TickOf(Now()));
  if (!result.ok() || result->unknown > 0) peers_.at(peer).missed = true;
  L275_RETURN_IF_ERROR(result.status());
  state.flows.Add(*result);
  return absl::OkStatus();
}

void SyncSink::OnGone(Ipv4Address peer) {
  SyncPeerState& state = states_.at(peer);
  const std::set<Ipv4Address> held = std::exchange(state.held, {});
  state.resyncing = false;
  state.declared.reset();
  peers_.at(peer) = Peer();
  UpdateFollowed();
  AskHeirs(held, {});
}

void SyncSink::SetHeld(const std::set<Ipv4Address>& vips) {
  if (vips == held_) return;
  const std::set<Ipv4Address> before = std::exchange(held_, vips);
  UpdateFollowed();
  AskHeirs(before, held_);
}

void SyncSink::UpdateFollowed() {
  std::set<ServiceAddress> followed;
  for (const auto& [service, unused] : writer_.services()) {
    for (const auto& [peer, state] : states_) {
      if (peers_.at(peer).same_seed && Leads(peer, service.vip)) {
        followed.insert(service);
      }
    }
  }
  writer_.tracker().SetFollowed(std::move(followed), Now());
}

void SyncSink::OnTablesWritten() {
  const uint64_t before = service_changes_;
  service_changes_ = writer_.service_changes();
  if (service_changes_ == before) return;
  UpdateFollowed();
  const bool forgot =
      std::exchange(revivals_, writer_.revivals()) != writer_.revivals();
  for (auto& [address, peer] : peers_) {
    const bool missed = std::exchange(peer.missed, false);
    if (missed || (forgot && LeadsSome(address))) Ask(address);
  }
}

void SyncSink::Ask(Ipv4Address peer) {
  peers_.at(peer).asks = true;
  callbacks_.ask(peer);
}

void SyncSink::OnPaid() {
  for (auto& [address, peer] : peers_) {
    if (peer.asks || (peer.deferred && !callbacks_.owes(address))) {
      Ask(address);
    }
  }
}

bool SyncSink::resynced() const {
  for (const auto& [address, state] : states_) {
    if (!state.resynced.has_value()) return false;
  }
  return true;
}

}  // namespace l275
