// What forged packets cannot do in tracked slots: move a flow that has just
// spoken, or fill the flow table for longer than they come.

#include <bpf/bpf.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <netinet/in.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/abi/flow_mark.h"
#include "lb/agent/flows/flow_sweep.h"
#include "lb/agent/maps/tick.h"
#include "tests/packet/lb_host.h"
#include "tests/packet/lb_program.h"

namespace l275 {
namespace {

constexpr uint32_t kIdleTicks = 900;
constexpr uint32_t kTableEntries = 1000;
constexpr int kFlows = 517;
// More than a bound, by more than the ticks of real time that a busy machine
// takes: entries are made older, the program's clock cannot be set.
constexpr uint32_t kPortIsFree = L275_SYN_FOLLOWS_TICKS + 1;
constexpr uint32_t kShortHandshakeOver = 6;
constexpr uint32_t kHandshakeOver = 61;
const ServiceAddress kService = {IPPROTO_TCP, kVip, 80};

constexpr size_t kFlagsOffset = kIpOffset + 20 + 13;
constexpr uint8_t kSyn = 0x02;
constexpr uint8_t kAck = 0x10;

Ipv4Address BackendAddress(uint8_t number) {
  return Ipv4Address::FromHost(0x0a000100 + number);
}

struct Flow {
  Frame frame;
  uint8_t backend = 0;  // where it was seen to go
};

class FloodTest : public ::testing::Test {
 protected:
  void SetUp() override {
    LbProgram::Options options;
    options.sizes = {1, 8, 4096, kTableEntries};
    options.tcp_idle_ticks = kIdleTicks;
    auto program = LbProgram::Create(options);
    ASSERT_TRUE(program.ok()) << program.status();
    program_ = *std::move(program);
    sweep_ = std::make_unique<FlowSweep>(&program_->maps(), kIdleTicks);
    Write({{1, 100}, {2, 100}});
  }

  // Backends by number, with their weights.
  void Write(const std::vector<std::pair<uint8_t, uint32_t>>& backends) {
    Snapshot snapshot;
    snapshot.ingress = {{kIn, kLbMac}};
    SnapshotService& service = snapshot.services[kService];
    service.table_size = 251;
    for (const auto& [number, weight] : backends) {
      service.backends[BackendAddress(number)] = {weight};
      snapshot.next_hops[BackendAddress(number)] = {
          kIn, {0x02, 0x0b, 0, 0, 0, number}, kLbMac};
    }
    const absl::Status written = program_->Write(snapshot);
    ASSERT_TRUE(written.ok()) << written;
  }

  Flow NewFlow() {
    ++flows_made_;
    return {FrameBuilder()
                .From(Ipv4Address::FromHost(0xc6120000 + flows_made_), 1025)
                .To(kVip, kService.port)
                .Build()};
  }

  // The number of the backend that gets the packet.
  uint8_t Send(Flow& flow, uint8_t flags) {
    flow.frame[kFlagsOffset] = flags;
    const auto outcome = program_->Run(flow.frame, kIn);
    EXPECT_TRUE(outcome.ok()) << outcome.status();
    if (!outcome.ok()) return 0;
    EXPECT_EQ(outcome->action, static_cast<uint32_t>(XDP_TX));
    return outcome->frame[5];
  }

  std::vector<Flow> Connect(int count) {
    std::vector<Flow> flows;
    for (int i = 0; i < count; ++i) {
      Flow flow = NewFlow();
      flow.backend = Send(flow, kSyn);
      EXPECT_EQ(Send(flow, kAck), flow.backend);
      flows.push_back(std::move(flow));
    }
    return flows;
  }

  // How many of the flows a packet of each finds elsewhere.
  int Moved(std::vector<Flow>& flows, uint8_t flags = kAck) {
    int moved = 0;
    for (Flow& flow : flows) moved += Send(flow, flags) != flow.backend;
    return moved;
  }

  static int At(const std::vector<Flow>& flows, uint8_t backend) {
    int count = 0;
    for (const Flow& flow : flows) count += flow.backend == backend;
    return count;
  }

  // Packets, each of another flow.
  void Flood(int packets, uint8_t flags) {
    for (int i = 0; i < packets; ++i) {
      Flow flow = NewFlow();
      Send(flow, flags);
    }
  }

  void Age(uint32_t ticks) {
    const int fd = program_->maps().flows_fd();
    std::vector<l275_flow_key> keys(kTableEntries);
    std::vector<l275_flow> flows(kTableEntries);
    uint32_t count = kTableEntries, position = 0;
    const int error = bpf_map_lookup_batch(fd, nullptr, &position, keys.data(),
                                           flows.data(), &count, nullptr);
    ASSERT_TRUE(error == 0 || errno == ENOENT);
    for (uint32_t i = 0; i < count; ++i) {
      flows[i].last_seen -= ticks;
      ASSERT_EQ(bpf_map_update_elem(fd, &keys[i], &flows[i], BPF_EXIST), 0);
    }
  }

  // What the sweep leaves.
  uint32_t Sweep() {
    const uint32_t tick = TickOf(std::chrono::steady_clock::now());
    absl::StatusOr<std::optional<FlowSweep::Result>> result;
    do {
      result = sweep_->Step(tick);
      EXPECT_TRUE(result.ok()) << result.status();
      if (!result.ok()) return 0;
    } while (!result->has_value());
    return (*result)->entries;
  }

  LbHost host_;
  std::unique_ptr<LbProgram> program_;
  std::unique_ptr<FlowSweep> sweep_;
  uint32_t flows_made_ = 0;
};

// By a SYN of the same addresses and ports.
TEST_F(FloodTest, AForgedSynDoesNotMoveAFlowThatHasJustSpoken) {
  std::vector<Flow> flows = Connect(kFlows);
  ASSERT_GT(At(flows, 1), kFlows / 3);
  Write({{1, 0}, {2, 100}});
  ASSERT_EQ(Moved(flows), 0);
  EXPECT_EQ(Moved(flows, kSyn), 0);
  EXPECT_EQ(Moved(flows), 0);
  // The flow's own packets keep it safe, and SYNs do not.
  Age(L275_SYN_FOLLOWS_TICKS / 2);
  EXPECT_EQ(Moved(flows, kSyn), 0);
  EXPECT_EQ(Moved(flows), 0);
  Age(L275_SYN_FOLLOWS_TICKS / 2);
  EXPECT_EQ(Moved(flows, kSyn), 0);
}

// A drained backend gets no more connections from a client that uses a port
// again, though each SYN comes soon after the one before.
TEST_F(FloodTest, ASynThatComesLateBeginsAFlowElsewhere) {
  std::vector<Flow> flows = Connect(kFlows);
  Write({{1, 0}, {2, 100}});
  ASSERT_EQ(Moved(flows), 0);
  for (uint32_t age = 0; age < kPortIsFree; age += kPortIsFree / 3) {
    ASSERT_EQ(Moved(flows, kSyn), 0) << age;
    Age(kPortIsFree / 3);
  }
  EXPECT_EQ(Moved(flows, kSyn), At(flows, 1));
  for (Flow& flow : flows) EXPECT_EQ(Send(flow, kAck), 2);
}

TEST_F(FloodTest, ForgedSynsDoNotMoveFlowsWhenABackendIsAdded) {
  std::vector<Flow> flows = Connect(kFlows);
  Write({{1, 100}, {2, 100}, {3, 100}});
  ASSERT_EQ(Moved(flows), 0);
  Age(L275_SYN_FOLLOWS_TICKS * 2);
  EXPECT_EQ(Moved(flows, kSyn), 0);
  EXPECT_EQ(Moved(flows), 0);
}

// The flow table is too small for the flood; the SYN that finds no room goes
// where flows went before the change.
TEST_F(FloodTest, ASynFloodThatHasEndedKeepsNoNewFlowsAway) {
  std::vector<Flow> old = Connect(kFlows);
  Write({{1, 100}, {2, 100}, {3, 100}});
  ASSERT_EQ(Moved(old), 0);
  Flood(10 * kTableEntries, kSyn);
  EXPECT_EQ(At(Connect(300), 3), 0);

  EXPECT_EQ(Sweep(), kTableEntries);
  Age(kShortHandshakeOver);
  EXPECT_LT(Sweep(), kTableEntries / 2);  // of flows that sent more
  EXPECT_GT(At(Connect(300), 3), 50);
  EXPECT_EQ(Moved(old), 0);
}

// As slow as to fill a large table only when its entries stay.
TEST_F(FloodTest, ASlowSynFloodNeverFillsTheTable) {
  std::vector<Flow> old = Connect(kFlows);
  Write({{1, 100}, {2, 100}, {3, 100}});
  ASSERT_EQ(Moved(old), 0);
  uint32_t flows = 0;
  for (int minute = 0; minute < 15; ++minute) {
    Flood(kTableEntries / 4, kSyn);
    Age(kHandshakeOver);
    flows = Sweep();
    // Old flows go on.
    ASSERT_EQ(Moved(old), 0);
  }
  EXPECT_LT(flows, kTableEntries / 2);
  EXPECT_GT(At(Connect(300), 3), 50);
}

TEST_F(FloodTest, AFloodOfOtherPacketsThatHasEndedKeepsNoNewFlowsAway) {
  std::vector<Flow> old = Connect(kFlows);
  std::vector<Flow> silent = Connect(kFlows);
  Write({{1, 100}, {2, 100}, {3, 100}});
  ASSERT_EQ(Moved(old), 0);
  ASSERT_EQ(Moved(old), 0);
  Flood(10 * kTableEntries, kAck);
  EXPECT_EQ(At(Connect(300), 3), 0);

  EXPECT_EQ(Sweep(), kTableEntries);
  Age(kShortHandshakeOver);
  EXPECT_LT(Sweep(), kTableEntries / 2);
  EXPECT_GT(At(Connect(300), 3), 50);
  EXPECT_EQ(Moved(old), 0);
  EXPECT_EQ(Moved(silent), 0);
}

}  // namespace
}  // namespace l275
