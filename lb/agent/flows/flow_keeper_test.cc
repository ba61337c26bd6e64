#include "lb/agent/flows/flow_keeper.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <chrono>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "common/testing/virtual_clock.h"
#include "lb/agent/flows/flow_watcher.h"
#include "lb/agent/maps/tick.h"
#include "lb/agent/publish/map_contents.h"

namespace l275 {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr seconds kIdleTimeout{1};
constexpr seconds kPatience{60};
constexpr Ipv4Address kOne = Ipv4Address::FromHost(0x0a000101);
constexpr Ipv4Address kTwo = Ipv4Address::FromHost(0x0a000102);
const ServiceAddress kService = {IPPROTO_TCP, Ipv4Address::FromHost(0x0a0000c8),
                                 80};

// The kernel hands out 16,384 entries at a time.
constexpr uint32_t kManyFlows = 40000;
constexpr uint32_t kSomeTicks = 4;

constexpr l275_flow_key kFlow = {1, 0, 0, 0, IPPROTO_TCP, {}};

// What the passes showed.
class Spectator : public FlowWatcher {
 public:
  struct Pass {
    uint32_t flows = 0;
  };

  void OnPassBegin() override { flows_ = 0; }
  void OnFlow(const l275_flow_key&, const l275_flow& flow) override {
    ++flows_;
    last_ = flow;
    if (on_flow) on_flow();
  }
  void OnPassEnd() override {
    passes.push_back({flows_});
    if (on_end) on_end();
  }

  const l275_flow& last() const { return last_; }

  std::vector<Pass> passes;
  std::function<void()> on_flow;
  std::function<void()> on_end;

 private:
  uint32_t flows_ = 0;
  l275_flow last_{};
};

// The clock moves on by hand only, so that a busy machine changes nothing.
class FlowKeeperTest : protected VirtualClock, public ::testing::Test {
 protected:
  void SetUp() override {
    // With room, or what is idle gives way at once.
    auto maps = Maps::Create({1, 2, 64, 2 * kManyFlows});
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
  void Send(uint32_t slot, uint32_t number = 0, uint32_t lives_ticks = 0) {
    l275_flow_key key = kFlow;
    key.destination = number;
    const uint32_t id = writer_->services().at(kService).backends.at(kOne).id;
    const l275_flow flow = {id, maps_->backends()[id].generation,
                            TickOf(steady_clock::now()) + lives_ticks, slot};
    ASSERT_EQ(bpf_map_update_elem(maps_->flows_fd(), &key, &flow, BPF_ANY), 0);
  }

  bool IsTableEmpty() const {
    l275_flow_key key;
    return bpf_map_get_next_key(maps_->flows_fd(), nullptr, &key) != 0;
  }

  // Does what is to be done at this time.
  void Turn() {
    constexpr int kMoreThanStepsOfPasses = 100;
    for (int turn = 0; turn < kMoreThanStepsOfPasses; ++turn) {
      event_base_loop(base_.get(), EVLOOP_NONBLOCK);
    }
  }

  // Lets time go on until something holds; false when it never does.
  bool RunUntil(const std::function<bool()>& holds) {
    for (seconds passed{0}; passed < kPatience; passed += seconds(1)) {
      for (int step = 0; step < 10; ++step) {
        if (holds()) return true;
        Advance(milliseconds(100));
        Turn();
      }
    }
    return false;
  }

  // Fills the table with flows that stay at backend one, so that a pass takes
  // more than a step. They count for some ticks.
  void SendMany(uint32_t slot) {
    for (uint32_t i = 0; i < kManyFlows; ++i) Send(slot, i, kSomeTicks);
  }

  EventBasePtr base_{event_base_new()};
  std::unique_ptr<Maps> maps_;
  std::unique_ptr<MapWriter> writer_;
  std::unique_ptr<FlowKeeper> keeper_;
};

TEST_F(FlowKeeperTest, SettlesWhatHasNoFlowsAnyMore) {
  Use();
  Write(0);
  const uint32_t tracked = writer_->tracker().tracked();
  ASSERT_GT(tracked, 0u);
  const uint32_t slot = SlotOfOne();
  Send(slot);
  ASSERT_TRUE(RunUntil([&] { return keeper_->last().entries == 1; }));
  EXPECT_EQ(keeper_->last().recent.size(), 1u);
  EXPECT_EQ(keeper_->last().kept_away.size(), 1u);
  EXPECT_EQ(writer_->tracker().tracked(), tracked);

  // While the flow sends, its slot alone stays tracked.
  ASSERT_TRUE(RunUntil([&] {
    Send(slot);
    return writer_->tracker().tracked() == 1;
  }));
  ASSERT_TRUE(RunUntil([&] { return writer_->tracker().tracked() == 0; }));
  ASSERT_TRUE(RunUntil([&] { return IsTableEmpty(); }));
  ASSERT_TRUE(RunUntil([&] { return keeper_->last().entries == 0; }));
}

TEST_F(FlowKeeperTest, TracksNothingOfAServiceWithoutPackets) {
  Write(0);
  EXPECT_EQ(writer_->tracker().tracked(), 0u);
}

// A packet may record its flow behind the back of the sweep that found the
// table empty.
TEST_F(FlowKeeperTest, LeavesNoEntryBehind) {
  Use();
  Write(0);
  const uint32_t slot = SlotOfOne();
  ASSERT_TRUE(RunUntil([&] { return writer_->tracker().tracked() == 0; }));
  Send(slot);
  EXPECT_TRUE(RunUntil([&] { return IsTableEmpty(); }));
}

TEST_F(FlowKeeperTest, ShowsEachPassAllEntriesThatCount) {
  Use();
  Write(0);
  const uint32_t slot = SlotOfOne();
  const uint32_t one = writer_->services().at(kService).backends.at(kOne).id;
  SendMany(slot);
  Spectator spectator;
  keeper_->SetWatcher(&spectator);
  ASSERT_TRUE(RunUntil([&] { return !spectator.passes.empty(); }));
  EXPECT_EQ(spectator.passes[0].flows, kManyFlows);
  EXPECT_EQ(spectator.last().backend, one);
  EXPECT_EQ(spectator.last().slot, slot);
  EXPECT_EQ(keeper_->last().entries, kManyFlows);

  // What is idle is not shown, though it is there.
  ASSERT_TRUE(RunUntil([&] {
    Send(slot, 7);
    return spectator.passes.back().flows == 1;
  }));
  EXPECT_EQ(keeper_->last().entries, kManyFlows);
}

TEST_F(FlowKeeperTest, WithoutTrackedSlotsPassesShowNothing) {
  Spectator spectator;
  keeper_->SetWatcher(&spectator);
  ASSERT_TRUE(RunUntil([&] { return spectator.passes.size() == 3; }));
  for (const Spectator::Pass& pass : spectator.passes) {
    EXPECT_EQ(pass.flows, 0u);
  }
}

TEST_F(FlowKeeperTest, NobodyIsShownAnythingAnyMore) {
  Spectator spectator, other;
  keeper_->SetWatcher(&spectator);
  ASSERT_TRUE(RunUntil([&] { return spectator.passes.size() == 1; }));
  keeper_->SetWatcher(nullptr);
  keeper_->SetWatcher(&other);
  ASSERT_TRUE(RunUntil([&] { return other.passes.size() == 1; }));
  EXPECT_EQ(spectator.passes.size(), 1u);
  keeper_->SetWatcher(nullptr);
}

TEST_F(FlowKeeperTest, WhoComesWithinAPassWaitsForTheNext) {
  Use();
  Write(0);
  SendMany(SlotOfOne());
  Spectator early, late;
  keeper_->SetWatcher(&early);
  early.on_flow = [&] { keeper_->SetWatcher(&late); };
  ASSERT_TRUE(RunUntil([&] { return late.passes.size() == 1; }));
  EXPECT_EQ(late.passes[0].flows, kManyFlows);
  EXPECT_TRUE(early.passes.empty());
  keeper_->SetWatcher(nullptr);
}

// Passes that nobody is in a hurry for begin a second apart.
TEST_F(FlowKeeperTest, APassSoonBeginsAtOnce) {
  Spectator spectator;
  keeper_->SetWatcher(&spectator);
  Turn();
  EXPECT_EQ(spectator.passes.size(), 0u);
  keeper_->PassSoon();
  Turn();
  EXPECT_EQ(spectator.passes.size(), 1u);
  Advance(milliseconds(900));
  Turn();
  EXPECT_EQ(spectator.passes.size(), 1u);
  Advance(milliseconds(200));
  Turn();
  EXPECT_EQ(spectator.passes.size(), 2u);
}

TEST_F(FlowKeeperTest, APassSoonFollowsTheOneThatGoesOn) {
  Use();
  Write(0);
  SendMany(SlotOfOne());
  Spectator spectator;
  keeper_->SetWatcher(&spectator);
  bool asked = false;
  spectator.on_flow = [&] {
    if (!std::exchange(asked, true)) keeper_->PassSoon();
  };
  keeper_->PassSoon();
  Turn();
  ASSERT_EQ(spectator.passes.size(), 2u);
  EXPECT_EQ(spectator.passes[0].flows, kManyFlows);
  EXPECT_EQ(spectator.passes[1].flows, kManyFlows);
  Advance(milliseconds(1100));
  Turn();
  EXPECT_EQ(spectator.passes.size(), 3u);
}

TEST_F(FlowKeeperTest, AWatcherCanAskForAnotherPassAtTheEndOfOne) {
  Spectator spectator;
  keeper_->SetWatcher(&spectator);
  spectator.on_end = [&] {
    if (spectator.passes.size() == 1) keeper_->PassSoon();
  };
  keeper_->PassSoon();
  Turn();
  EXPECT_EQ(spectator.passes.size(), 2u);
}

}  // namespace
}  // namespace l275
