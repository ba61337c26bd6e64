// Entries of which the program could not tell the agent reach the peers
// nevertheless.

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <netinet/in.h>

#include <chrono>
#include <memory>
#include <set>

#include "common/event/libevent_ptr.h"
#include "lb/agent/flows/flow_keeper.h"
#include "lb/agent/peers/sync_source.h"
#include "tests/packet/lb_host.h"
#include "tests/packet/lb_program.h"

namespace l275 {
namespace {

// Entries that the ring has room for, with the header of each.
constexpr uint32_t kRoom = L275_FLOW_NEWS_BYTES / 40;
constexpr uint32_t kFlows = kRoom + 100;
constexpr Ipv4Address kOld = Ipv4Address::FromHost(0x0a000101);
constexpr Ipv4Address kNew = Ipv4Address::FromHost(0x0a000102);
constexpr Ipv4Address kPeer = Ipv4Address::FromHost(0x0a010002);
const ServiceAddress kService = {IPPROTO_TCP, kVip, 80};

// A peer that counts the flows that it is told.
class Counter : public SyncSource::Peers {
 public:
  bool IsConnected(Ipv4Address) const override { return true; }
  void Send(Ipv4Address, const sync::Message& message) override {
    flows += static_cast<uint32_t>(message.flows().source_size());
    ends += message.has_resync_end();
  }

  uint32_t flows = 0;
  int ends = 0;
};

class SyncUntoldTest : public ::testing::Test {
 protected:
  void SetUp() override {
    LbProgram::Options options;
    options.sizes = {1, 4, 64, 2 * kRoom};
    options.flow_inserts_per_tick = ~uint32_t{0};
    options.tell_flows = true;
    auto program = LbProgram::Create(options);
    ASSERT_TRUE(program.ok()) << program.status();
    program_ = *std::move(program);
    program_->writer().tracker().AssumeUsed({kService});
    Write(kOld, kNew);
    Write(kNew, kOld);
    keeper_ = std::make_unique<FlowKeeper>(base_.get(), &program_->maps(),
                                           &program_->writer(), kIdle);
    source_ = std::make_unique<SyncSource>(
        std::set<Ipv4Address>{kPeer}, &program_->maps(), &program_->writer(),
        keeper_.get(), kIdle, &peer_);
  }

  // One backend owns the slots, the other drains.
  void Write(Ipv4Address owner, Ipv4Address other) {
    Snapshot snapshot;
    snapshot.ingress = {{kIn, kLbMac}};
    snapshot.services[kService] = {13, {{owner, {100}}, {other, {0}}}};
    for (Ipv4Address address : {owner, other}) {
      snapshot.next_hops[address] = {kIn, kBackendMac, kLbMac};
    }
    const absl::Status written = program_->Write(snapshot);
    ASSERT_TRUE(written.ok()) << written;
  }

  void Send(uint32_t source) {
    const Frame frame = WithSource(frame_, ClientAddress(source));
    const auto outcome = program_->Run(frame, kIn);
    ASSERT_TRUE(outcome.ok()) << outcome.status();
    ASSERT_EQ(outcome->action, XDP_TX);
  }

  void RunUntilEnds(int ends) {
    const auto deadline =
        std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (peer_.ends < ends) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline);
      event_base_loop(base_.get(), EVLOOP_ONCE);
    }
  }

  static constexpr std::chrono::seconds kIdle{900};
  LbHost host_;
  Frame frame_ = FrameBuilder().From(kClient, 1025).To(kVip, 80).Build();
  EventBasePtr base_{event_base_new()};
  Counter peer_;
  std::unique_ptr<LbProgram> program_;
  std::unique_ptr<FlowKeeper> keeper_;
  std::unique_ptr<SyncSource> source_;
};

TEST_F(SyncUntoldTest, APassTellsThem) {
  source_->OnConnected(kPeer);
  RunUntilEnds(1);
  EXPECT_FALSE(source_->Owes(kPeer));
  EXPECT_EQ(peer_.flows, 0u);
  // Nobody reads the ring.
  for (uint32_t i = 0; i < kFlows; ++i) Send(i);
  ASSERT_GT(program_->maps().untold_flows(), 0u);
  source_->OnNews({});
  EXPECT_TRUE(source_->Owes(kPeer));
  RunUntilEnds(2);
  EXPECT_FALSE(source_->Owes(kPeer));
  EXPECT_GE(peer_.flows, kFlows);
  // Once.
  source_->OnNews({});
  EXPECT_FALSE(source_->Owes(kPeer));
}

}  // namespace
}  // namespace l275
