#include "lb/agent/views/sync_metrics.h"

#include "lb/agent/views/family.h"

namespace l275 {
namespace {

using Peers = google::protobuf::RepeatedPtrField<control::Peer>;
using prometheus::MetricFamily;

void AddSessions(const Peers& peers, std::vector<MetricFamily>& out) {
  Family connected = Gauge("l275_peer_connected",
                           "1 while the peer takes what this host tells it");
  Family heard = Gauge("l275_peer_heard", "1 while the peer is heard");
  Family differs = Gauge("l275_peer_differences",
                         "Things that are declared otherwise at the peer");
  Family rejected =
      Counter("l275_peer_rejected_total",
              "Connections and frames from the peer's address that were not "
              "believed, by why");
  for (const control::Peer& peer : peers) {
    const Labels labels = {{"peer", peer.address()}};
    connected.Add(labels, peer.connected() ? 1 : 0);
    heard.Add(labels, peer.heard() ? 1 : 0);
    differs.Add(labels, peer.difference_size());
    for (const control::SyncRejection& rejection : peer.rejected()) {
      rejected.Add({{"peer", peer.address()}, {"reason", rejection.reason()}},
                   static_cast<double>(rejection.frames()));
    }
  }
  for (Family* family : {&connected, &heard, &differs, &rejected}) {
    out.push_back(family->Take());
  }
}

void AddTraffic(const Peers& peers, std::vector<MetricFamily>& out) {
  Family bytes = Counter("l275_peer_sent_bytes_total", "Told to the peer");
  Family unsent =
      Gauge("l275_peer_unsent_bytes", "What waits for the peer to take it in");
  Family resyncs = Counter("l275_peer_resyncs_total",
                           "Times the peer has told all that it knows");
  Family flows = Counter("l275_peer_flows_total",
                         "Entries of the flow table that the peer told of, by "
                         "what became of them");
  for (const control::Peer& peer : peers) {
    const Labels labels = {{"peer", peer.address()}};
    bytes.Add(labels, static_cast<double>(peer.bytes_sent()));
    unsent.Add(labels, static_cast<double>(peer.unsent_bytes()));
    resyncs.Add(labels, static_cast<double>(peer.resyncs()));
    const auto add = [&](const char* result, uint64_t count) {
      flows.Add({{"peer", peer.address()}, {"result", result}},
                static_cast<double>(count));
    };
    add("stored", peer.flows_stored());
    add("unknown_backend", peer.flows_unknown());
    add("full", peer.flows_full());
    add("kept", peer.flows_kept());
    add("over", peer.flows_over());
    add("needless", peer.flows_needless());
  }
  for (Family* family : {&bytes, &unsent, &resyncs, &flows}) {
    out.push_back(family->Take());
  }
}

}  // namespace

void AddPeers(const control::Status& status, std::vector<MetricFamily>& out) {
  const Peers& peers = status.peer();
  if (peers.empty()) return;
  AddSessions(peers, out);
  AddTraffic(peers, out);
}

}  // namespace l275
