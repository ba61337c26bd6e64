#ifndef L275_TESTS_PACKET_SYNCED_BALANCER_H_
#define L275_TESTS_PACKET_SYNCED_BALANCER_H_

#include <bpf/libbpf.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/abi/map_layout.h"
#include "common/event/libevent_ptr.h"
#include "common/net/ipv4_address.h"
#include "lb/agent/flows/flow_keeper.h"
#include "lb/agent/peers/sync_sink.h"
#include "lb/agent/peers/sync_source.h"
#include "lb/agent/publish/snapshot.h"
#include "tests/packet/fake_sessions.h"
#include "tests/packet/flow_model.h"
#include "tests/packet/lb_program.h"

namespace l275 {

// A load balancer: the program, its maps, and what of an agent decides where
// flows go and tells it to peers, without sockets and timers of its own.
//
// Time is VirtualClock's. The program reads another clock, so entries are made
// to look to it as they look to the agent, and back, around each packet.
//
// What fails CHECKs.
class SyncedBalancer : private SyncSource::Peers {
 public:
  struct Options {
    Ipv4Address self;
    std::set<Ipv4Address> peers;
    LbProgram::Options program;
    std::chrono::seconds idle_timeout{0};
  };

  // `sessions` outlives it.
  SyncedBalancer(const Options& options, FakeSessions* sessions);
  ~SyncedBalancer() override;

  // The agent's inputs.
  void Write(const Snapshot& snapshot);
  void SetHeld(const std::set<Ipv4Address>& vips);
  void Connected(Ipv4Address peer);
  void Heard(Ipv4Address peer, const sync::Message& message);
  void Gone(Ipv4Address peer);
  void ReadNews();
  // What timers do: a second is over.
  void Second();
  // What the loop has to do at this moment.
  void Turn();

  // A new agent takes the maps over, and is told what is to be.
  void RestartAgent(const Snapshot& snapshot);
  // All is forgotten; what is to be is told.
  void Reboot(const Snapshot& snapshot);

  // The backend of a packet that comes here, by the last byte of the MAC
  // address that its frame is sent to; none when it was dropped.
  std::optional<uint8_t> Run(const FlowKey& key, const Frame& frame);

  // The address that the flow's entry names, if it has one that counts.
  std::optional<Ipv4Address> EntryOf(const FlowKey& key) const;

  // Of the flow table.
  uint32_t entries() const;

  Ipv4Address self() const { return options_.self; }
  const SyncSource& source() const { return *source_; }
  const SyncSink& sink() const { return *sink_; }
  const LbProgram& program() const { return *program_; }
  uint32_t tracked() const { return program_->writer().tracker().tracked(); }

 private:
  struct FreeRing {
    void operator()(ring_buffer* ring) const { ring_buffer__free(ring); }
  };

  void LoadProgram();
  void StartAgent(const Snapshot& snapshot);
  void StopAgent();
  void ShiftEntry(const l275_flow_key& key, uint32_t from, uint32_t to);
  void ReadRing();

  // SyncSource::Peers
  bool IsConnected(Ipv4Address peer) const override;
  void Send(Ipv4Address peer, const sync::Message& message) override;

  const Options options_;
  FakeSessions& sessions_;
  EventBasePtr base_;
  std::unique_ptr<LbProgram> program_;
  std::unique_ptr<ring_buffer, FreeRing> ring_;
  std::vector<l275_flow_news> news_;
  std::unique_ptr<FlowKeeper> keeper_;
  std::unique_ptr<SyncSource> source_;
  std::unique_ptr<SyncSink> sink_;
  std::set<Ipv4Address> held_;
};

}  // namespace l275

#endif  // L275_TESTS_PACKET_SYNCED_BALANCER_H_
