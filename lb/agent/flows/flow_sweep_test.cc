#include "lb/agent/flows/flow_sweep.h"

#include <bpf/bpf.h>
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <thread>
#include <vector>

#include "common/abi/flow_mark.h"

namespace l275 {
namespace {

constexpr uint32_t kIdle = 100;      // ticks
constexpr uint32_t kMinute = 56;     // ticks that make up 60 s
constexpr uint32_t kNow = 100000;    // tick
constexpr uint32_t kHandshake = 60;  // ticks that make up 64 s
constexpr uint32_t kShort = 4;       // and 4 s
constexpr uint32_t kFlows = 50000;
constexpr uint32_t kThreeQuarters = 37500;

// One is the owner of all slots.
constexpr uint32_t kOne = 1;
constexpr uint32_t kOther = 2;
constexpr uint32_t kDead = 3;
constexpr uint32_t kGeneration = 7;
constexpr uint32_t kTracked = 5;  // a slot
constexpr uint32_t kUntracked = 6;

l275_flow_key Key(uint32_t number) {
  l275_flow_key key = {};
  key.source = number;
  key.protocol = 6;
  return key;
}

// A flow last seen `age` ticks ago.
l275_flow Flow(uint32_t backend, uint32_t age, uint32_t slot = kTracked) {
  return {backend, kGeneration, kNow - age, slot};
}

// One whose only packet came `age` ticks ago.
l275_flow OneSyn(uint32_t backend, uint32_t age) {
  return Flow(backend, age - L275_FLOW_ONE_SYN);
}
l275_flow OneOther(uint32_t backend, uint32_t age) {
  return Flow(backend, age - L275_FLOW_ONE_OTHER);
}

class FlowSweepTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto maps = Maps::Create({1, 3, 64, kFlows});
    ASSERT_TRUE(maps.ok()) << maps.status();
    maps_ = *std::move(maps);
    maps_->backends()[kOne] = {0, 0, kGeneration, L275_BACKEND_ALIVE};
    maps_->backends()[kOther] = {0, 0, kGeneration,
                                 L275_BACKEND_ALIVE | L275_BACKEND_DRAINING};
    maps_->backends()[kDead] = {0, 0, kGeneration, 0};
    maps_->slots()[kTracked] = L275_SLOT_TRACKED | kOne;
    maps_->slots()[kUntracked] = kOne;
    sweep_ = std::make_unique<FlowSweep>(maps_.get(), kIdle);
  }

  void Add(uint32_t number, const l275_flow& flow) {
    const l275_flow_key key = Key(number);
    ASSERT_EQ(bpf_map_update_elem(maps_->flows_fd(), &key, &flow, BPF_ANY), 0);
  }
  void AddMany(uint32_t end, const l275_flow& flow) {
    for (uint32_t number = 0; number < end; ++number) Add(number, flow);
  }
  bool Has(uint32_t number, l275_flow* flow) const {
    const l275_flow_key key = Key(number);
    return bpf_map_lookup_elem(maps_->flows_fd(), &key, flow) == 0;
  }
  bool Has(uint32_t number) const {
    l275_flow flow;
    return Has(number, &flow);
  }

  FlowSweep::Result Pass(int* steps = nullptr) {
    for (int step = 1;; ++step) {
      const auto result = sweep_->Step(kNow);
      EXPECT_TRUE(result.ok()) << result.status();
      if (!result.ok()) return {};
      if (steps != nullptr) *steps = step;
      if (result->has_value()) return **result;
    }
  }

  std::unique_ptr<Maps> maps_;
  std::unique_ptr<FlowSweep> sweep_;
};

TEST_F(FlowSweepTest, FindsNothingInAnEmptyTable) {
  const FlowSweep::Result result = Pass();
  EXPECT_EQ(result.entries, 0u);
  EXPECT_TRUE(result.recent.empty());
  EXPECT_TRUE(result.kept_away.empty());
}

TEST_F(FlowSweepTest, Judges) {
  l275_flow earlier = Flow(kOther, 0);
  --earlier.generation;
  const uint32_t ahead = ~uint32_t{0};  // seen a tick after the sweep began
  const struct {
    const char* description;
    l275_flow flow;
    bool stays, recent, away;
  } kRows[] = {
      {"at the owner", Flow(kOne, 0), true, true, false},
      {"away", Flow(kOther, 0), true, true, true},
      {"away, seen later than now", Flow(kOther, ahead), true, true, true},
      {"away, seen a minute ago", Flow(kOther, kMinute), true, true, true},
      {"away, a tick longer", Flow(kOther, kMinute + 1), true, false, true},
      {"away, just not idle", Flow(kOther, kIdle), true, false, true},
      {"idle", Flow(kOther, kIdle + 1), true, false, false},
      {"idle for another minute", Flow(kOther, kIdle + kMinute), true, false,
       false},
      {"idle for longer", Flow(kOther, kIdle + kMinute + 1), false, false,
       false},
      {"backend dead", Flow(kDead, 0), true, false, false},
      {"backend came back since", earlier, true, false, false},
      {"only a SYN", OneSyn(kOther, 0), true, true, true},
      {"only a SYN, 64 s ago", OneSyn(kOther, kHandshake), true, false, true},
      {"only a SYN, a tick longer", OneSyn(kOther, kHandshake + 1), false,
       false, false},
      {"one other packet", OneOther(kOther, 0), true, true, true},
      {"one other packet, just not idle", OneOther(kOther, kIdle), true, false,
       true},
      {"one other packet, idle", OneOther(kOther, kIdle + 1), true, false,
       false},
      {"slot untracked, at the owner", Flow(kOne, 0, kUntracked), false, false,
       false},
      {"slot untracked, away", Flow(kOther, 0, kUntracked), false, false,
       false},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    Add(1, row.flow);
    const FlowSweep::Result result = Pass();
    EXPECT_EQ(Has(1), row.stays);
    EXPECT_EQ(result.entries, row.stays ? 1u : 0u);
    std::map<uint32_t, uint32_t> recent;
    if (row.recent) recent[row.flow.backend] = 1;
    EXPECT_EQ(result.recent, recent);
    EXPECT_EQ(result.kept_away.count(row.flow.slot), row.away ? 1u : 0u);
  }
}

// In a table of which more than three quarters are in use.
TEST_F(FlowSweepTest, EntriesWithOnePacketGiveWayWhenTheTableRunsFull) {
  const struct {
    const char* description;
    uint32_t prior;
    l275_flow flow;
    bool stays, keeps_prior;
  } kRows[] = {
      {"more packets", kOther, Flow(kOther, kIdle), true, false},
      {"idle", kOther, Flow(kOther, kIdle + 1), false, false},
      {"backend dead", kOther, Flow(kDead, 0), false, false},
      {"only a SYN, 4 s ago", kOther, OneSyn(kOne, kShort), true, false},
      {"only a SYN, a tick longer", kOther, OneSyn(kOne, kShort + 1), false,
       false},
      {"one other, 4 s ago", kOther, OneOther(kOther, kShort), true, false},
      {"one other, a tick longer", kOther, OneOther(kOther, kShort + 1), false,
       true},
      {"one other, the prior closed since", kOne, OneOther(kOther, kShort + 1),
       true, false},
      {"one other, the prior died since", kDead, OneOther(kOther, kShort + 1),
       true, false},
      {"one other, at the owner and prior", kOne, OneOther(kOne, kShort + 1),
       false, false},
  };
  for (uint32_t number = 2; number < kThreeQuarters + 2; ++number) {
    Add(number, Flow(kOne, 0));
  }
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    maps_->priors()[kTracked] = row.prior;
    Add(1, row.flow);
    Pass();  // which finds that the table runs full
    EXPECT_EQ(Pass().entries, kThreeQuarters + (row.stays ? 1u : 0u));
    EXPECT_EQ(Has(1), row.stays);
    EXPECT_EQ((maps_->priors()[kTracked] & L275_PRIOR_UNRECORDED) != 0,
              row.keeps_prior);
  }
}

TEST_F(FlowSweepTest, WithThreeQuartersInUseNothingGivesWay) {
  for (uint32_t number = 1; number < kThreeQuarters; ++number) {
    Add(number, Flow(kOne, 0));
  }
  maps_->priors()[kTracked] = kOther;
  Add(0, OneOther(kOther, kIdle));
  Pass();
  EXPECT_EQ(Pass().entries, kThreeQuarters);
}

// The second packet of a flow may come between the sweep's reading and its
// deleting.
TEST_F(FlowSweepTest, AFlowWhoseSecondPacketComesMeanwhileStays) {
  constexpr uint32_t kCount = 16000;
  AddMany(kCount, OneSyn(kOther, kHandshake + 1));
  std::set<uint32_t> written;
  std::thread packets([&] {
    const l275_flow flow = Flow(kOther, 0);
    for (uint32_t number = 0; number < kCount; ++number) {
      const l275_flow_key key = Key(number);
      if (bpf_map_update_elem(maps_->flows_fd(), &key, &flow, BPF_EXIST) == 0) {
        written.insert(number);
      }
    }
  });
  for (int pass = 0; pass < 3; ++pass) Pass();
  packets.join();
  for (uint32_t number : written) ASSERT_TRUE(Has(number)) << number;
}

// The kernel hands out so many entries at a time.
TEST_F(FlowSweepTest, GoesThroughALargeTableInSteps) {
  AddMany(40000, Flow(kOther, 0));
  int steps = 0;
  for (int pass = 0; pass < 2; ++pass) {
    const FlowSweep::Result result = Pass(&steps);
    EXPECT_EQ(result.entries, 40000u);
    EXPECT_EQ(result.recent.at(kOther), 40000u);
    EXPECT_EQ(result.kept_away.size(), 1u);
    EXPECT_GE(steps, 3);
    EXPECT_LE(steps, 6);
  }
}

TEST_F(FlowSweepTest, EmptiesALargeTable) {
  AddMany(kFlows, Flow(kOther, kIdle + kMinute + 1));
  EXPECT_EQ(Pass().entries, 0u);
  l275_flow_key key;
  EXPECT_NE(bpf_map_get_next_key(maps_->flows_fd(), nullptr, &key), 0);
}

// The slot is untracked between two steps of a pass.
TEST_F(FlowSweepTest, JudgesByTheSlotAsItIs) {
  AddMany(40000, Flow(kOther, 0));
  const auto first = sweep_->Step(kNow);
  ASSERT_TRUE(first.ok() && !first->has_value());
  maps_->slots()[kTracked] = kOne;
  Pass();
  EXPECT_EQ(Pass().entries, 0u);
}

// Packets write entries again between the sweep's reading and its deleting.
// What they wrote stays.
TEST_F(FlowSweepTest, AnEntryWrittenAnewMeanwhileStays) {
  constexpr uint32_t kCount = 16000;
  AddMany(kCount, Flow(kOther, kIdle + kMinute + 1));
  std::set<uint32_t> written;
  std::thread packets([&] {
    const l275_flow flow = Flow(kOther, 0);
    for (uint32_t number = 0; number < kCount; ++number) {
      const l275_flow_key key = Key(number);
      if (bpf_map_update_elem(maps_->flows_fd(), &key, &flow, BPF_EXIST) == 0) {
        written.insert(number);
      }
    }
  });
  for (int pass = 0; pass < 3; ++pass) Pass();
  packets.join();
  for (uint32_t number : written) {
    l275_flow flow;
    ASSERT_TRUE(Has(number, &flow)) << number;
    ASSERT_EQ(flow.last_seen, kNow) << number;
  }
}

}  // namespace
}  // namespace l275
