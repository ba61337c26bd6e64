#include "lb/agent/dataplane/flow_keeper.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "lb/agent/dataplane/map_contents.h"
#include "lb/agent/dataplane/tick.h"

namespace l275 {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr seconds kIdleTimeout{1};
constexpr seconds kPatience{20};
constexpr Ipv4Address kOne = Ipv4Address::FromHost(0x0a000101);
constexpr Ipv4Address kTwo = Ipv4Address::FromHost(0x0a000102);
const ServiceAddress kService = {IPPROTO_TCP, Ipv4Address::FromHost(0x0a0000c8),
                                 80};

constexpr l275_flow_key kFlow = {1, 0, 0, 0, IPPROTO_TCP, {}};

class FlowKeeperTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto maps = Maps::Create({1, 2, 64, 16});
    ASSERT_TRUE(maps.ok()) << maps.status();
    maps_ = *std::move(maps);
    writer_ = std::make_unique<MapWriter>(maps_.get(), /*hash_seed=*/1);
    Write(100);
    keeper_ = std::make_unique<FlowKeeper>(base_.get(), maps_.get(),
                                           writer_.get(), kIdleTimeout);
  }

  // With this weight of backend one.
  void Write(uint32_t weight) {
    Snapshot snapshot;
    snapshot.services[kService] = {13, {{kOne, {weight}}, {kTwo, {100}}}};
    const absl::Status written = writer_->Write(snapshot, steady_clock::now());
    ASSERT_TRUE(written.ok()) << written;
  }

  void Use() { MarkUsed(*maps_, writer_->services().at(kService)); }

  // A slot that backend one owned.
  uint32_t SlotOfOne() const {
    const WrittenService& service = writer_->services().at(kService);
    uint32_t slot = service.first_slot;
    while (maps_->priors()[slot] != service.backends.at(kOne).id) ++slot;
    return slot;
  }

  // A packet of a flow that stays at backend one.
  void Send(uint32_t slot) {
    const uint32_t id = writer_->services().at(kService).backends.at(kOne).id;
    const l275_flow flow = {id, maps_->backends()[id].generation,
                            TickOf(steady_clock::now()), slot};
    ASSERT_EQ(bpf_map_update_elem(maps_->flows_fd(), &kFlow, &flow, BPF_ANY),
              0);
  }

  bool IsTableEmpty() const {
    l275_flow_key key;
    return bpf_map_get_next_key(maps_->flows_fd(), nullptr, &key) != 0;
  }

  // Turns the loop until something holds; false when it never does.
  bool RunUntil(const std::function<bool()>& holds) {
    const auto deadline = steady_clock::now() + kPatience;
    while (!holds()) {
      if (steady_clock::now() > deadline) return false;
      event_base_loop(base_.get(), EVLOOP_ONCE);
    }
    return true;
  }

  EventBasePtr base_{event_base_new()};
  std::unique_ptr<Maps> maps_;
  std::unique_ptr<MapWriter> writer_;
  std::unique_ptr<FlowKeeper> keeper_;
};

TEST_F(FlowKeeperTest, SettlesWhatHasNoFlowsAnyMore) {
  Use();
  Write(0);
  const uint32_t tracked = writer_->slots().tracked();
  ASSERT_GT(tracked, 0u);
  const uint32_t slot = SlotOfOne();
  Send(slot);
  ASSERT_TRUE(RunUntil([&] { return keeper_->last().entries == 1; }));
  EXPECT_EQ(keeper_->last().recent.size(), 1u);
  EXPECT_EQ(keeper_->last().kept_away.size(), 1u);
  EXPECT_EQ(writer_->slots().tracked(), tracked);

  // While the flow sends, its slot alone stays tracked.
  ASSERT_TRUE(RunUntil([&] {
    Send(slot);
    return writer_->slots().tracked() == 1;
  }));
  ASSERT_TRUE(RunUntil([&] { return writer_->slots().tracked() == 0; }));
  ASSERT_TRUE(RunUntil([&] { return IsTableEmpty(); }));
  ASSERT_TRUE(RunUntil([&] { return keeper_->last().entries == 0; }));
}

TEST_F(FlowKeeperTest, TracksNothingOfAServiceWithoutPackets) {
  Write(0);
  EXPECT_EQ(writer_->slots().tracked(), 0u);
}

// A packet may record its flow behind the back of the sweep that found the
// table empty.
TEST_F(FlowKeeperTest, LeavesNoEntryBehind) {
  Use();
  Write(0);
  const uint32_t slot = SlotOfOne();
  ASSERT_TRUE(RunUntil([&] { return writer_->slots().tracked() == 0; }));
  Send(slot);
  EXPECT_TRUE(RunUntil([&] { return IsTableEmpty(); }));
}

}  // namespace
}  // namespace l275
