#include "lb/agent/views/sync_view.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

namespace l275 {
namespace {

uint64_t MillisecondsSince(HealthTime time, HealthTime now) {
  return static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(now - time)
          .count());
}

void FillHeard(const PeerHeard& heard, HealthTime now, control::Peer* peer) {
  peer->set_heard(heard.since.has_value());
  if (heard.last.has_value()) {
    peer->set_silent_ms(MillisecondsSince(*heard.last, now));
  }
  peer->set_hear_error(heard.error);
  peer->set_version(heard.version);
  peer->set_key_id(heard.key_id);
  for (const SyncResult result : AllOf<SyncResult>()) {
    if (result == SyncResult::kAccepted) continue;
    control::SyncRejection* const rejection = peer->add_rejected();
    rejection->set_reason(NameOf(result).word);
    rejection->set_help(NameOf(result).help);
    rejection->set_frames(heard.frames.Of(result));
  }
}

void FillFlows(const SyncPeerState& state, HealthTime now,
               control::Peer* peer) {
  for (const Ipv4Address vip : state.held) {
    peer->add_held_vip(vip.ToString());
  }
  if (state.resynced.has_value()) {
    peer->set_resynced_ms(MillisecondsSince(*state.resynced, now));
  }
  peer->set_resyncing(state.resyncing);
  peer->set_resyncs(state.resyncs);
  peer->set_flows_heard(state.flows_heard);
  peer->set_flows_stored(state.flows.stored);
  peer->set_flows_unknown(state.flows.unknown);
  peer->set_flows_full(state.flows.full);
  peer->set_flows_kept(state.flows.kept);
  peer->set_flows_over(state.flows.over);
  peer->set_flows_needless(state.flows.needless);
  peer->set_problem(state.problem);
}

control::Peer ViewPeer(const AgentView& view, const Endpoint& endpoint,
                       const PeerHeard& heard) {
  control::Peer peer;
  const PeerSender& sender = view.sync->sender(endpoint.address);
  peer.set_address(endpoint.ToString());
  peer.set_connected(sender.connected());
  peer.set_connect_error(sender.error());
  peer.set_unsent_bytes(sender.unsent_bytes());
  peer.set_messages_sent(sender.counters().messages);
  peer.set_bytes_sent(sender.counters().bytes);
  FillHeard(heard, view.now, &peer);
  FillFlows(view.sync->sink().peers().at(endpoint.address), view.now, &peer);
  peer.set_incomplete(view.sync->sink().IsIncomplete(endpoint.address));
  for (const std::string& line : view.sync->differences(endpoint.address)) {
    peer.add_difference(line);
  }
  return peer;
}

}  // namespace

std::vector<control::Peer> ViewPeers(const AgentView& view) {
  std::vector<control::Peer> peers;
  if (view.sync == nullptr) return peers;
  const auto heard = view.sync->listener().heard();
  for (const Endpoint& peer : view.sync->options().addresses.peers) {
    peers.push_back(ViewPeer(view, peer, heard.at(peer.address)));
  }
  return peers;
}

}  // namespace l275
