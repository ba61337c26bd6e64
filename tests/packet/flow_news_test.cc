// The program tells the agent of each entry of the flow table that it makes.

#include "lb/agent/flows/flow_news.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <event2/event.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <netinet/in.h>

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "common/abi/flow_mark.h"
#include "common/abi/map_layout.h"
#include "common/event/libevent_ptr.h"
#include "lb/agent/maps/tick.h"
#include "tests/packet/lb_host.h"
#include "tests/packet/lb_program.h"

namespace l275 {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds kPatience{60};
// With the header that the kernel puts before each.
constexpr uint32_t kRoom = L275_FLOW_NEWS_BYTES / 40;
constexpr Ipv4Address kOld = Ipv4Address::FromHost(0x0a000101);
constexpr Ipv4Address kNew = Ipv4Address::FromHost(0x0a000102);
const ServiceAddress kService = {IPPROTO_TCP, kVip, 80};

constexpr size_t kFlagsOffset = kIpOffset + 20 + 13;
constexpr uint8_t kSyn = 0x02;
constexpr uint8_t kAck = 0x10;

class FlowNewsTest : public ::testing::Test {
 protected:
  // A program with one service, all slots of which are tracked: flows go to the
  // new backend, and those that are unknown to the old one.
  void Start(bool tell_flows) {
    LbProgram::Options options;
    options.sizes = {1, 4, 64, 2 * kRoom};
    options.flow_inserts_per_tick = ~uint32_t{0};
    options.tell_flows = tell_flows;
    auto program = LbProgram::Create(options);
    ASSERT_TRUE(program.ok()) << program.status();
    program_ = *std::move(program);
    program_->writer().tracker().AssumeUsed({kService});
    Write(kOld, kNew);
    Write(kNew, kOld);
  }

  void Listen() {
    auto news =
        FlowNews::Create(base_.get(), program_->maps(),
                         [this](absl::Span<const l275_flow_news> told) {
                           EXPECT_FALSE(told.empty());
                           told_.insert(told_.end(), told.begin(), told.end());
                         });
    ASSERT_TRUE(news.ok()) << news.status();
    news_ = *std::move(news);
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

  uint32_t IdOf(Ipv4Address backend) const {
    return program_->writer().services().at(kService).backends.at(backend).id;
  }

  // Source addresses tell flows apart.
  void Send(uint32_t source, uint8_t flags) {
    frame_[kFlagsOffset] = flags;
    const Frame frame = WithSource(frame_, ClientAddress(source));
    const auto outcome = program_->Run(frame, kIn);
    ASSERT_TRUE(outcome.ok()) << outcome.status();
    ASSERT_EQ(outcome->action, XDP_TX);
  }

  bool RunUntil(const std::function<bool()>& holds) {
    const auto deadline = steady_clock::now() + kPatience;
    while (!holds()) {
      if (steady_clock::now() > deadline) return false;
      event_base_loop(base_.get(), EVLOOP_ONCE);
    }
    return true;
  }

  LbHost host_;
  Frame frame_ = FrameBuilder().From(kClient, 1025).To(kVip, 80).Build();
  EventBasePtr base_{event_base_new()};
  std::unique_ptr<LbProgram> program_;
  std::unique_ptr<FlowNews> news_;
  std::vector<l275_flow_news> told_;
};

TEST_F(FlowNewsTest, TellsWhatIsInTheFlowTable) {
  Start(/*tell_flows=*/true);
  Listen();
  Send(1, kSyn);
  Send(2, kAck);
  ASSERT_TRUE(RunUntil([&] { return told_.size() == 2; }));
  EXPECT_EQ(told_[0].flow.backend, IdOf(kNew));
  EXPECT_EQ(told_[1].flow.backend, IdOf(kOld));
  for (uint32_t i = 0; i < 2; ++i) {
    const l275_flow_key& key = told_[i].key;
    EXPECT_EQ(ntohl(key.source), ClientAddress(i + 1).ToHost());
    EXPECT_EQ(key.destination, kVip.ToNetwork());
    EXPECT_EQ(ntohs(key.source_port), 1025);
    EXPECT_EQ(ntohs(key.destination_port), 80);
    EXPECT_EQ(key.protocol, IPPROTO_TCP);
    l275_flow entry;
    ASSERT_EQ(bpf_map_lookup_elem(program_->maps().flows_fd(), &key, &entry),
              0);
    EXPECT_EQ(std::memcmp(&entry, &told_[i].flow, sizeof(entry)), 0);
  }
  EXPECT_EQ(program_->maps().untold_flows(), 0u);
}

// Peers drop entries of flows that sent one packet only, as the sweep does.
TEST_F(FlowNewsTest, TellsOfAnEntryAgainWhenItsFlowSendsASecondPacket) {
  Start(/*tell_flows=*/true);
  Listen();
  const uint32_t now = TickOf(steady_clock::now());
  for (const uint8_t first : {kSyn, kAck}) {
    told_.clear();
    Send(first, first);
    if (first == kSyn) Send(first, kSyn);  // again, for want of an answer
    for (int packet = 0; packet < 3; ++packet) Send(first, kAck);
    Send(first + 100, kAck);
    ASSERT_TRUE(RunUntil([&] { return told_.size() == 3; }));
    EXPECT_EQ(l275_flow_mark(told_[0].flow.last_seen, now),
              first == kSyn ? L275_FLOW_ONE_SYN : L275_FLOW_ONE_OTHER);
    EXPECT_EQ(l275_flow_mark(told_[1].flow.last_seen, now), 0u);
    for (int i = 0; i < 2; ++i) {
      EXPECT_EQ(ntohl(told_[i].key.source), ClientAddress(first).ToHost());
      EXPECT_EQ(told_[i].flow.backend, IdOf(first == kSyn ? kNew : kOld));
    }
    EXPECT_EQ(ntohl(told_[2].key.source), ClientAddress(first + 100).ToHost());
  }
}

TEST_F(FlowNewsTest, TellsOfAnEntryThatIsMadeAnew) {
  Start(/*tell_flows=*/true);
  Listen();
  Send(1, kAck);
  Send(1, kAck);
  ASSERT_TRUE(RunUntil([&] { return told_.size() == 2; }));
  EXPECT_EQ(told_[1].flow.backend, IdOf(kOld));
  // Its backend drains, so that a new connection goes elsewhere; this may be
  // one as soon as the client can use the port again.
  Send(1, kSyn);
  l275_flow old = told_[1].flow;
  old.last_seen -= L275_SYN_FOLLOWS_TICKS + 1;
  ASSERT_EQ(bpf_map_update_elem(program_->maps().flows_fd(), &told_[1].key,
                                &old, BPF_EXIST),
            0);
  Send(1, kSyn);
  ASSERT_TRUE(RunUntil([&] { return told_.size() == 3; }));
  EXPECT_EQ(ntohl(told_[2].key.source), ClientAddress(1).ToHost());
  EXPECT_EQ(told_[2].flow.backend, IdOf(kNew));
}

TEST_F(FlowNewsTest, TellsAgainAfterItWasRead) {
  Start(/*tell_flows=*/true);
  Listen();
  for (uint32_t round = 1; round <= 5; ++round) {
    Send(round, kSyn);
    ASSERT_TRUE(RunUntil([&] { return told_.size() == round; }));
  }
}

TEST_F(FlowNewsTest, CountsWhatFindsNoRoomInTheRing) {
  constexpr uint32_t kTooMany = 100;
  Start(/*tell_flows=*/true);
  for (uint32_t i = 0; i < kRoom + kTooMany; ++i) Send(i, kSyn);
  const uint64_t untold = program_->maps().untold_flows();
  EXPECT_GE(untold, kTooMany);
  EXPECT_LE(untold, kTooMany + 1);  // a ring is never quite full
  Listen();
  const size_t told = kRoom + kTooMany - untold;
  ASSERT_TRUE(RunUntil([&] { return told_.size() >= told; }));
  EXPECT_EQ(told_.size(), told);
  for (uint32_t i = 0; i < told_.size(); ++i) {
    ASSERT_EQ(ntohl(told_[i].key.source), ClientAddress(i).ToHost());
  }

  Send(~uint32_t{0}, kSyn);
  ASSERT_TRUE(RunUntil([&] { return told_.size() > told; }));
  EXPECT_EQ(program_->maps().untold_flows(), untold);
}

TEST_F(FlowNewsTest, IsNotToldWithoutBeingAsked) {
  Start(/*tell_flows=*/false);
  Listen();
  for (uint32_t i = 0; i < 10; ++i) Send(i, kSyn);
  l275_flow_key key;
  ASSERT_EQ(bpf_map_get_next_key(program_->maps().flows_fd(), nullptr, &key),
            0);
  event_base_loop(base_.get(), EVLOOP_NONBLOCK);
  const timeval longer_than_it_waits = {0, 50'000};
  event_base_loopexit(base_.get(), &longer_than_it_waits);
  event_base_loop(base_.get(), 0);
  EXPECT_TRUE(told_.empty());
  EXPECT_EQ(program_->maps().untold_flows(), 0u);
}

}  // namespace
}  // namespace l275
