#include "lb/agent/flows/flow_importer.h"

#include <bpf/bpf.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

#include "common/abi/flow_hash.h"
#include "common/abi/flow_mark.h"
#include "lb/agent/flows/flow_age.h"

namespace l275 {
namespace {

constexpr uint32_t kIdle = 100;    // ticks
constexpr uint32_t kNow = 100000;  // tick
constexpr uint32_t kFlows = 64;    // entries of the flow table
constexpr uint32_t kFirst = 37;    // slot of the table's first
constexpr uint32_t kSlots = 13;

constexpr uint32_t kOwner = 1;  // of all slots
constexpr uint32_t kOther = 2;
constexpr uint32_t kDead = 3;
constexpr uint32_t kGeneration = 7;

Ipv4Address AddressOf(uint32_t id) {
  return Ipv4Address::FromHost(0x0a000100 + id);
}

l275_flow_key Key(uint32_t number) {
  l275_flow_key key = {};
  key.source = number;
  key.destination_port = 80;
  key.protocol = 6;
  return key;
}

PortableFlow Flow(uint32_t number, uint32_t backend, uint32_t age = 0) {
  return {Key(number), AddressOf(backend), age};
}

class FlowImporterTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto maps = Maps::Create({1, 3, 64, kFlows});
    ASSERT_TRUE(maps.ok()) << maps.status();
    maps_ = *std::move(maps);
    slots_ = std::make_unique<SlotWriter>(maps_.get());
    importer_ = std::make_unique<FlowImporter>(maps_.get(), slots_.get());
    service_.first_slot = kFirst;
    service_.hash_key = 0x1234567890abcdef;
    service_.source.table_size = kSlots;
    AddBackend(kOwner, true);
    AddBackend(kOther, true);
    AddBackend(kDead, false);
    // All are tracked.
    std::vector<uint32_t> owners(kSlots, kOther);
    slots_->Fill(kFirst, owners);
    std::fill(owners.begin(), owners.end(), kOwner);
    slots_->Change(kFirst, owners, kNow);
  }

  void AddBackend(uint32_t id, bool alive) {
    maps_->backends()[id] = {AddressOf(id).ToNetwork(), 0, kGeneration,
                             alive ? L275_BACKEND_ALIVE : 0};
    service_.backends[AddressOf(id)] = {id, 0, 0, alive};
  }

  uint32_t SlotOf(uint32_t number) const {
    const l275_flow_key key = Key(number);
    return kFirst + l275_slot_of_hash(
                        l275_flow_hash(service_.hash_key, key.source,
                                       key.source_port, key.destination_port),
                        kSlots);
  }
  uint32_t& Word(uint32_t number) { return maps_->slots()[SlotOf(number)]; }
  uint32_t& Prior(uint32_t number) { return maps_->priors()[SlotOf(number)]; }

  std::optional<l275_flow> Entry(uint32_t number) const {
    const l275_flow_key key = Key(number);
    l275_flow flow;
    if (bpf_map_lookup_elem(maps_->flows_fd(), &key, &flow) != 0) return {};
    return flow;
  }
  // What the program recorded.
  void Record(uint32_t number, const l275_flow& flow) {
    const l275_flow_key key = Key(number);
    ASSERT_EQ(bpf_map_update_elem(maps_->flows_fd(), &key, &flow, BPF_ANY), 0);
  }
  l275_flow OursAt(uint32_t number, uint32_t backend) const {
    return {backend, kGeneration, kNow, SlotOf(number)};
  }

  FlowImporter::Result Import(const std::vector<PortableFlow>& flows,
                              FlowConflict conflict) {
    auto result = importer_->Import(service_, flows, conflict, kIdle, kNow);
    EXPECT_TRUE(result.ok()) << result.status();
    return result.value_or(FlowImporter::Result());
  }

  std::unique_ptr<Maps> maps_;
  std::unique_ptr<SlotWriter> slots_;
  std::unique_ptr<FlowImporter> importer_;
  WrittenService service_;
};

// Both ways of storing an entry.
class FlowImporterConflictTest
    : public FlowImporterTest,
      public ::testing::WithParamInterface<FlowConflict> {
 protected:
  FlowImporter::Result Import(const std::vector<PortableFlow>& flows) {
    return FlowImporterTest::Import(flows, GetParam());
  }
};

INSTANTIATE_TEST_SUITE_P(All, FlowImporterConflictTest,
                         ::testing::Values(FlowConflict::kTheirs,
                                           FlowConflict::kOurs),
                         [](const auto& param_info) {
                           return param_info.param == FlowConflict::kTheirs
                                      ? "Theirs"
                                      : "Ours";
                         });

TEST_P(FlowImporterConflictTest, StoresWhatTheProgramWouldHave) {
  EXPECT_EQ(Import({Flow(1, kOther, 30), Flow(2, kOwner)}).stored, 2u);
  const std::optional<l275_flow> entry = Entry(1);
  ASSERT_TRUE(entry.has_value());
  EXPECT_EQ(entry->backend, kOther);
  EXPECT_EQ(entry->generation, kGeneration);
  EXPECT_EQ(entry->last_seen, kNow - 30);
  EXPECT_EQ(entry->slot, SlotOf(1));
  ASSERT_TRUE(Entry(2).has_value());
  EXPECT_EQ(Entry(2)->backend, kOwner);
}

TEST_P(FlowImporterConflictTest, WhatIsOverIsNotStored) {
  const FlowImporter::Result result =
      Import({Flow(1, kOther, kIdle), Flow(2, kOther, kIdle + 1)});
  EXPECT_EQ(result.stored, 1u);
  EXPECT_EQ(result.over, 1u);
  EXPECT_TRUE(Entry(1).has_value());
  EXPECT_FALSE(Entry(2).has_value());
}

TEST_P(FlowImporterConflictTest, BackendsThatAreNotHereOrDeadGetNoFlows) {
  constexpr uint32_t kNotHere = 9;
  const FlowImporter::Result result =
      Import({Flow(1, kNotHere), Flow(2, kDead), Flow(3, kOther)});
  EXPECT_EQ(result.unknown, 2u);
  EXPECT_EQ(result.stored, 1u);
  EXPECT_FALSE(Entry(1).has_value());
  EXPECT_FALSE(Entry(2).has_value());
}

TEST_P(FlowImporterConflictTest, AnUntrackedSlotsOwnerNeedsNoEntries) {
  Word(1) = kOwner;
  const FlowImporter::Result result = Import({Flow(1, kOwner)});
  EXPECT_EQ(result.needless, 1u);
  EXPECT_EQ(result.stored, 0u);
  EXPECT_FALSE(Entry(1).has_value());
  EXPECT_EQ(Word(1), kOwner);
}

// Its other flows stay where they are.
TEST_P(FlowImporterConflictTest, AnUntrackedSlotIsTrackedForAFlowElsewhere) {
  slots_->SettleAll(kFirst, kSlots);
  EXPECT_EQ(Import({Flow(1, kOther)}).stored, 1u);
  ASSERT_TRUE(Entry(1).has_value());
  EXPECT_EQ(Entry(1)->backend, kOther);
  EXPECT_EQ(Word(1), L275_SLOT_TRACKED | kOwner);
  EXPECT_EQ(Prior(1), kOwner);
  EXPECT_EQ(slots_->tracked(), 1u);
}

TEST_P(FlowImporterConflictTest, CountsWhatFindsNoRoom) {
  std::vector<PortableFlow> flows;
  for (uint32_t i = 0; i < kFlows + 10; ++i) flows.push_back(Flow(i, kOther));
  const FlowImporter::Result result = Import(flows);
  EXPECT_EQ(result.stored, kFlows);
  EXPECT_EQ(result.full, 10u);
}

// In a full table too.
TEST_P(FlowImporterConflictTest, AnEntryThatIsThereHasItsRoom) {
  std::vector<PortableFlow> flows;
  for (uint32_t i = 0; i < kFlows; ++i) flows.push_back(Flow(i, kOther));
  ASSERT_EQ(Import(flows).stored, kFlows);
  l275_flow over = OursAt(5, kOther);
  over.last_seen = kNow - kIdle - 1;
  Record(5, over);
  const FlowImporter::Result result =
      Import({Flow(1000, kOther), Flow(5, kOwner), Flow(1001, kOther)});
  EXPECT_EQ(result.stored, 1u);
  EXPECT_EQ(result.full, 2u);
  ASSERT_TRUE(Entry(5).has_value());
  EXPECT_EQ(Entry(5)->backend, kOwner);
}

TEST_P(FlowImporterConflictTest, NothingIsStoredOfNothing) {
  const FlowImporter::Result result = Import({});
  EXPECT_EQ(result.stored + result.kept + result.full, 0u);
}

TEST_F(FlowImporterTest, TheirsReplacesOurs) {
  Record(1, OursAt(1, kOwner));
  const FlowImporter::Result result =
      Import({Flow(1, kOther)}, FlowConflict::kTheirs);
  EXPECT_EQ(result.stored, 1u);
  EXPECT_EQ(result.kept, 0u);
  EXPECT_EQ(Entry(1)->backend, kOther);
}

TEST_F(FlowImporterTest, OursStandsWhileItCounts) {
  l275_flow idle = OursAt(0, kOwner);
  idle.last_seen = kNow - kIdle;
  l275_flow over = idle;
  --over.last_seen;
  l275_flow of_other_slot = OursAt(0, kOwner);
  --of_other_slot.slot;
  l275_flow of_earlier_life = OursAt(0, kOwner);
  --of_earlier_life.generation;
  const struct {
    const char* description;
    l275_flow ours;
    bool stands;
  } kRows[] = {
      {"seen just now", OursAt(0, kOwner), true},
      {"seen since", {kOwner, kGeneration, kNow + 1, SlotOf(0)}, true},
      {"just not idle", idle, true},
      {"idle", over, false},
      {"of another slot", of_other_slot, false},
      {"backend dead", OursAt(0, kDead), false},
      {"backend came back since", of_earlier_life, false},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    Record(0, row.ours);
    const FlowImporter::Result result =
        Import({Flow(0, kOther)}, FlowConflict::kOurs);
    EXPECT_EQ(result.kept, row.stands ? 1u : 0u);
    EXPECT_EQ(result.stored, row.stands ? 0u : 1u);
    ASSERT_TRUE(Entry(0).has_value());
    EXPECT_EQ(Entry(0)->backend, row.stands ? kOwner : kOther);
    EXPECT_EQ(Entry(0)->slot, SlotOf(0));
  }
}

// Or a flow that goes on elsewhere would be taken for over here.
TEST_F(FlowImporterTest, OursIsAsRecentAsTheirsWhenBothSayTheSame) {
  Import({Flow(0, kOther, 30)}, FlowConflict::kOurs);
  for (const uint32_t age : {40u, 30u, 20u, 25u}) {
    EXPECT_EQ(Import({Flow(0, kOther, age)}, FlowConflict::kOurs).kept, 1u);
    ASSERT_TRUE(Entry(0).has_value());
    EXPECT_EQ(Entry(0)->last_seen, kNow - (age < 30 ? 20 : 30)) << age;
  }
  EXPECT_EQ(Import({Flow(0, kOwner, 0)}, FlowConflict::kOurs).kept, 1u);
  EXPECT_EQ(Entry(0)->last_seen, kNow - 20);
  EXPECT_EQ(Entry(0)->backend, kOther);
}

TEST_P(FlowImporterConflictTest, AnEntryKeepsItsMark) {
  for (const uint32_t mark : {L275_FLOW_ONE_SYN, L275_FLOW_ONE_OTHER, 0u}) {
    PortableFlow flow = Flow(mark, kOther, 30);
    flow.mark = mark;
    EXPECT_EQ(Import({flow}).stored, 1u);
    ASSERT_TRUE(Entry(mark).has_value());
    EXPECT_EQ(AgeOfFlow(*Entry(mark), kNow), 30);
    EXPECT_EQ(MarkOfFlow(*Entry(mark), kNow), mark);
  }
}

// When one of the two saw a second packet, there was one.
TEST_F(FlowImporterTest, OursLosesItsMarkWhenTheirsHasNone) {
  PortableFlow marked = Flow(0, kOther, 30);
  marked.mark = L275_FLOW_ONE_SYN;
  Import({marked}, FlowConflict::kOurs);
  marked.age = 20;
  Import({marked}, FlowConflict::kOurs);
  EXPECT_EQ(MarkOfFlow(*Entry(0), kNow), L275_FLOW_ONE_SYN);

  Import({Flow(0, kOwner, 10)}, FlowConflict::kOurs);
  EXPECT_EQ(MarkOfFlow(*Entry(0), kNow), L275_FLOW_ONE_SYN);
  Import({Flow(0, kOther, 40)}, FlowConflict::kOurs);
  EXPECT_EQ(MarkOfFlow(*Entry(0), kNow), 0u);
  EXPECT_EQ(AgeOfFlow(*Entry(0), kNow), 30);

  Import({marked}, FlowConflict::kOurs);
  EXPECT_EQ(MarkOfFlow(*Entry(0), kNow), 0u);
  EXPECT_EQ(AgeOfFlow(*Entry(0), kNow), 20);
}

TEST(FlowImporterResultTest, Adds) {
  FlowImporter::Result sum = {1, 2, 3, 4, 5, 6};
  sum.Add({10, 20, 30, 40, 50, 60});
  EXPECT_EQ(sum.stored, 11u);
  EXPECT_EQ(sum.needless, 22u);
  EXPECT_EQ(sum.over, 33u);
  EXPECT_EQ(sum.kept, 44u);
  EXPECT_EQ(sum.unknown, 55u);
  EXPECT_EQ(sum.full, 66u);
}

}  // namespace
}  // namespace l275
