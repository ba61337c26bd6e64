#include "lb/agent/takeover/map_carrier.h"

#include <bpf/bpf.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "common/abi/flow_hash.h"
#include "common/abi/flow_mark.h"
#include "common/testing/test_bpffs.h"
#include "common/testing/test_namespace.h"
#include "lb/agent/maps/counters.h"
#include "lb/agent/maps/tick.h"
#include "lb/agent/publish/map_contents.h"
#include "lb/agent/publish/slot_export.h"

namespace l275 {
namespace {

constexpr uint64_t kSeed = 42;
constexpr uint32_t kTableSize = 251;
constexpr uint32_t kIdle = 100;  // ticks
constexpr MapWriter::TimePoint kNow =
    MapWriter::TimePoint() + std::chrono::hours(1);
constexpr MapSizes kSizes = {4, 64, 4096, 1024};
constexpr MapSizes kOtherSizes = {8, 128, 8192, 2048};
const ServiceAddress kService = {IPPROTO_TCP, Ipv4Address::FromHost(0x0a0000c8),
                                 80};
const ServiceAddress kOtherService = {IPPROTO_TCP,
                                      Ipv4Address::FromHost(0x0a0000c8), 443};

Ipv4Address Backend(uint32_t number) {
  return Ipv4Address::FromHost(0x0a000100 + number);
}

SnapshotService WithBackends(const std::vector<uint32_t>& numbers,
                             uint32_t table_size = kTableSize) {
  SnapshotService service;
  service.table_size = table_size;
  for (uint32_t number : numbers) service.backends[Backend(number)] = {100};
  return service;
}

Snapshot Only(SnapshotService service) {
  Snapshot snapshot;
  snapshot.services[kService] = std::move(service);
  return snapshot;
}

l275_flow_key Key(uint32_t number) {
  l275_flow_key key = {};
  key.source = number;
  key.destination_port = 80;
  key.protocol = IPPROTO_TCP;
  return key;
}

// Maps, their writer, and what their program does.
struct Side {
  std::unique_ptr<Maps> owned;
  Maps* maps = nullptr;
  std::unique_ptr<MapWriter> writer;

  void Make(const MapSizes& sizes, uint64_t hash_seed) {
    auto made = Maps::Create(sizes);
    ASSERT_TRUE(made.ok()) << made.status();
    owned = *std::move(made);
    maps = owned.get();
    writer = std::make_unique<MapWriter>(maps, hash_seed);
  }
  void Write(const Snapshot& snapshot) const {
    const absl::Status written = writer->Write(snapshot, kNow);
    ASSERT_TRUE(written.ok()) << written;
  }

  const WrittenService& Service() const {
    return writer->services().at(kService);
  }
  uint32_t IdOf(uint32_t backend) const {
    return Service().backends.at(Backend(backend)).id;
  }
  uint32_t SlotOf(uint32_t flow) const {
    const l275_flow_key key = Key(flow);
    return Service().first_slot +
           l275_slot_of_hash(
               l275_flow_hash(Service().hash_key, key.source, key.source_port,
                              key.destination_port),
               Service().slot_count());
  }
  uint32_t Word(uint32_t flow) const { return maps->slots()[SlotOf(flow)]; }
  uint32_t Prior(uint32_t flow) const { return maps->priors()[SlotOf(flow)]; }
  bool IsTracked(uint32_t flow) const {
    return (Word(flow) & L275_SLOT_TRACKED) != 0;
  }
  // The lowest number from `first` on of a flow whose slot is tracked, or not.
  uint32_t FlowOf(bool tracked, uint32_t first = 1) const {
    uint32_t flow = first;
    while (IsTracked(flow) != tracked) ++flow;
    return flow;
  }
  std::vector<SlotPlace> Places() const {
    return ExportPlaces(*maps, Service());
  }

  l275_flow FlowAt(uint32_t flow, uint32_t backend, uint32_t age = 0) const {
    const uint32_t id = IdOf(backend);
    return {id, maps->backends()[id].generation, TickOf(kNow) - age,
            SlotOf(flow)};
  }
  void Put(uint32_t flow, const l275_flow& entry) const {
    const l275_flow_key key = Key(flow);
    ASSERT_EQ(bpf_map_update_elem(maps->flows_fd(), &key, &entry, BPF_ANY), 0);
  }
  void Record(uint32_t flow, uint32_t backend, uint32_t age = 0) const {
    Put(flow, FlowAt(flow, backend, age));
  }
  std::optional<l275_flow> Entry(uint32_t flow) const {
    const l275_flow_key key = Key(flow);
    l275_flow entry;
    if (bpf_map_lookup_elem(maps->flows_fd(), &key, &entry) != 0) return {};
    return entry;
  }
  // Which backend's entry a flow has; 0: none.
  uint32_t At(uint32_t flow) const {
    const std::optional<l275_flow> entry = Entry(flow);
    if (!entry.has_value()) return 0;
    const uint32_t address = maps->backends()[entry->backend].address;
    return Ipv4Address::FromNetwork(address).ToHost() - Backend(0).ToHost();
  }
};

// Old maps of a service whose third backend came while it had flows, and new
// ones.
class MapCarrierTest : public ::testing::Test {
 protected:
  MapCarrierTest() : scope_(namespace_) {}

  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(old_.Make(kSizes, kSeed));
    old_.Write(Only(WithBackends({1, 2})));
    MarkUsed(*old_.maps, old_.Service());
    old_.Write(Only(WithBackends({1, 2, 3})));
    ASSERT_GT(old_.writer->tracker().tracked(), 0u);
  }

  void Begin(const Snapshot& snapshot, const MapSizes& sizes = kOtherSizes,
             uint64_t hash_seed = kSeed) {
    ASSERT_NO_FATAL_FAILURE(new_.Make(sizes, hash_seed));
    new_.Write(snapshot);
    auto written = WrittenMaps::Read(*old_.maps);
    ASSERT_TRUE(written.ok()) << written.status();
    carrier_ =
        std::make_unique<MapCarrier>(std::move(old_.owned), *std::move(written),
                                     *new_.maps, new_.writer.get());
  }
  void CarryOver() {
    const absl::Status carried = carrier_->CarryOver(kIdle, kNow);
    ASSERT_TRUE(carried.ok()) << carried;
  }
  void CarryRest() {
    const absl::Status carried = carrier_->CarryRest(kNow);
    ASSERT_TRUE(carried.ok()) << carried;
  }
  const CarryReport& Report() const { return carrier_->report(); }

  TestNamespace namespace_;
  TestNamespace::Scope scope_;
  Side old_, new_;
  std::unique_ptr<MapCarrier> carrier_;
};

TEST_F(MapCarrierTest, FlowsWithoutAnEntryStayWhereTheyAre) {
  const std::vector<SlotPlace> before = old_.Places();
  Begin(Only(WithBackends({1, 2, 3})));
  CarryOver();
  EXPECT_EQ(new_.Places(), before);
  EXPECT_EQ(new_.writer->tracker().tracked(), old_.writer->tracker().tracked());
  EXPECT_EQ(Report().services, 1u);
  EXPECT_EQ(Report().slots, kTableSize);
  EXPECT_EQ(Report().tracked, old_.writer->tracker().tracked());
  EXPECT_TRUE(Report().Losses().empty());
}

TEST_F(MapCarrierTest, TheyStayThoughTheTableChanges) {
  const std::vector<SlotPlace> before = old_.Places();
  Begin(Only(WithBackends({1, 2, 3, 4})));
  CarryOver();
  const std::vector<SlotPlace> after = new_.Places();
  for (uint32_t i = 0; i < kTableSize; ++i) {
    ASSERT_EQ(after[i].backend, before[i].backend) << i;
    ASSERT_GE(after[i].tracked, before[i].tracked) << i;
  }
  EXPECT_GT(new_.writer->tracker().tracked(), old_.writer->tracker().tracked());
  // And through the next change.
  new_.Write(Only(WithBackends({1, 2, 3, 4, 5})));
  for (uint32_t i = 0; i < kTableSize; ++i) {
    ASSERT_EQ(new_.Places()[i].backend, before[i].backend) << i;
  }
}

// Though no packet came here: that of a standby which followed another one.
TEST_F(MapCarrierTest, AServiceWithTrackedSlotsIsUsed) {
  ClearCounter(old_.maps->service_counters_fd(), old_.Service().id);
  Begin(Only(WithBackends({1, 2, 3})));
  CarryOver();
  EXPECT_TRUE(new_.writer->tracker().IsUsed(kService));
}

TEST_F(MapCarrierTest, FlowsOfBackendsThatAreGoneGoToTheOwner) {
  const std::vector<SlotPlace> before = old_.Places();
  Snapshot snapshot = Only(WithBackends({1, 2, 3}));
  snapshot.services[kService].backends.erase(Backend(1));
  snapshot.services[kService].backends[Backend(2)] = {0, false};
  Begin(snapshot);
  old_.Record(1, 2);
  CarryOver();
  uint32_t of_none = 0;
  for (uint32_t i = 0; i < kTableSize; ++i) {
    if (!(before[i].backend == Backend(3))) ++of_none;
    ASSERT_EQ(new_.Places()[i].backend, Backend(3)) << i;
  }
  EXPECT_EQ(Report().slots_of_none, of_none);
  EXPECT_EQ(Report().Losses().size(), 1u);
}

TEST_F(MapCarrierTest, CarriesEntriesThatCount) {
  const uint32_t tracked = old_.FlowOf(true);
  const uint32_t untracked = old_.FlowOf(false);
  l275_flow earlier = old_.FlowAt(tracked, 3);
  --earlier.generation;
  l275_flow ahead = old_.FlowAt(tracked, 3, ~uint32_t{0});
  l275_flow of_no_slot = old_.FlowAt(tracked, 3);
  of_no_slot.slot = kSizes.slots - 1;
  const struct {
    const char* description;
    uint32_t number;
    l275_flow flow;
    bool is_carried;
  } kRows[] = {
      {"away from the prior", tracked, old_.FlowAt(tracked, 3), true},
      {"at the prior", tracked, old_.FlowAt(tracked, 1), true},
      {"seen later than now", tracked, ahead, true},
      {"just not idle", tracked, old_.FlowAt(tracked, 3, kIdle), true},
      {"idle", tracked, old_.FlowAt(tracked, 3, kIdle + 1), false},
      {"backend came back since", tracked, earlier, false},
      {"slot untracked", untracked, old_.FlowAt(untracked, 3), false},
      {"slot of nobody", tracked, of_no_slot, false},
  };
  Begin(Only(WithBackends({1, 2, 3, 4})));
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    const l275_flow_key key = Key(row.number);
    bpf_map_delete_elem(new_.maps->flows_fd(), &key);
    const uint32_t stored = Report().flows.stored;
    old_.Put(row.number, row.flow);
    CarryOver();
    EXPECT_EQ(Report().flows.stored - stored, row.is_carried ? 1u : 0u);
    const std::optional<l275_flow> entry = new_.Entry(row.number);
    ASSERT_EQ(entry.has_value(), row.is_carried);
    bpf_map_delete_elem(old_.maps->flows_fd(), &key);
    CarryOver();
    if (!row.is_carried) continue;
    const uint32_t address = old_.maps->backends()[row.flow.backend].address;
    EXPECT_EQ(new_.maps->backends()[entry->backend].address, address);
    EXPECT_EQ(entry->slot, new_.SlotOf(row.number));
    EXPECT_EQ(entry->generation,
              new_.maps->backends()[entry->backend].generation);
    EXPECT_EQ(entry->last_seen, std::min(row.flow.last_seen, TickOf(kNow)));
  }
}

// For the new maps' sweep, which would delete one that keeps its mark.
TEST_F(MapCarrierTest, TheMarkOfAFlowThatSentOnePacketIsCarriedAndCleared) {
  const uint32_t flow = old_.FlowOf(true);
  Begin(Only(WithBackends({1, 2, 3})));
  l275_flow entry = old_.FlowAt(flow, 3, /*age=*/5);
  entry.last_seen += L275_FLOW_ONE_SYN;
  old_.Put(flow, entry);
  CarryOver();
  ASSERT_TRUE(new_.Entry(flow).has_value());
  EXPECT_EQ(new_.Entry(flow)->last_seen, entry.last_seen);

  old_.Record(flow, 3);
  CarryRest();
  EXPECT_EQ(new_.Entry(flow)->last_seen, TickOf(kNow));
}

// It stands over what the new program made of the flow without knowing it.
TEST_F(MapCarrierTest, WhatTheOldProgramRecordedMeanwhileComesAfterwards) {
  const uint32_t early = old_.FlowOf(true);
  const uint32_t late = old_.FlowOf(true, early + 1);
  const uint32_t again = old_.FlowOf(true, late + 1);
  Begin(Only(WithBackends({1, 2, 3})));
  old_.Record(early, 3);
  old_.Record(again, 1);
  CarryOver();
  EXPECT_EQ(new_.At(early), 3u);
  EXPECT_EQ(new_.At(late), 0u);

  old_.Record(late, 3);
  old_.Record(again, 3);
  old_.Record(early, 3, /*age=*/5);
  new_.Record(late, 1);
  new_.Record(early, 2);  // its backend drains since, and a new one begins
  CarryRest();
  EXPECT_EQ(new_.At(late), 3u);
  EXPECT_EQ(new_.At(again), 3u);
  EXPECT_EQ(new_.At(early), 2u);
  EXPECT_EQ(Report().flows.stored, 4u);
}

TEST_F(MapCarrierTest, NewFlowsGoWhereTheyNeedNoEntryMeanwhile) {
  const std::vector<uint32_t> before(old_.maps->slots(),
                                     old_.maps->slots() + kSizes.slots);
  const std::vector<SlotPlace> places = old_.Places();
  const uint32_t flow = old_.FlowOf(true);
  const uint32_t prior = old_.Prior(flow);
  ASSERT_NE(old_.Word(flow), L275_SLOT_TRACKED | prior);
  const uint32_t untracked = old_.FlowOf(false);
  const uint32_t owner = old_.Word(untracked);
  Begin(Only(WithBackends({1, 2, 3})));
  CarryOver();
  EXPECT_EQ(old_.Word(flow), L275_SLOT_TRACKED | prior);
  EXPECT_EQ(old_.Word(untracked), owner);
  EXPECT_EQ(old_.Places(), places);

  // The start fails, and the old program goes on with its maps.
  const TestBpffs bpffs;
  ASSERT_TRUE(old_.maps->Pin(bpffs.path()).ok());
  carrier_.reset();
  const auto kept = Maps::Open(bpffs.path());
  ASSERT_TRUE(kept.ok()) << kept.status();
  const std::vector<uint32_t> after((*kept)->slots(),
                                    (*kept)->slots() + kSizes.slots);
  EXPECT_EQ(after, before);
}

TEST_F(MapCarrierTest, ABackendThatDrainsGetsNoNewFlowsMeanwhile) {
  for (bool drains_already : {false, true}) {
    SCOPED_TRACE(drains_already);
    SetUp();
    Snapshot snapshot = Only(WithBackends({1, 2, 3}));
    snapshot.services[kService].backends[Backend(1)] = {0, true};
    if (drains_already) old_.Write(snapshot);
    const std::vector<uint32_t> before(old_.maps->slots(),
                                       old_.maps->slots() + kSizes.slots);
    const uint32_t one = old_.IdOf(1);
    if (drains_already) snapshot = Only(WithBackends({1, 2, 3}));
    Begin(snapshot);
    CarryOver();
    uint32_t changed = 0;
    for (uint32_t slot = 0; slot < kSizes.slots; ++slot) {
      const uint32_t word = old_.maps->slots()[slot];
      if (word == before[slot]) continue;
      ++changed;
      ASSERT_NE(word & L275_SLOT_OWNER, one);
    }
    EXPECT_GT(changed, 0u) << "those of backend two";
  }
}

TEST_F(MapCarrierTest, WithAnotherTableSizeEntriesAreLeft) {
  constexpr uint32_t kOtherTable = 509;
  for (uint32_t flow = 1; flow <= 40; ++flow) {
    old_.Record(old_.FlowOf(true, 100 * flow), 3);
  }
  Begin(Only(WithBackends({1, 2, 3}, kOtherTable)));
  CarryOver();
  for (uint32_t flow = 1; flow <= 40; ++flow) {
    const uint32_t number = old_.FlowOf(true, 100 * flow);
    if (new_.At(number) == 0) {
      EXPECT_EQ(new_.Word(number), new_.IdOf(3)) << "needs none";
      continue;
    }
    EXPECT_EQ(new_.At(number), 3u);
    EXPECT_EQ(new_.Entry(number)->slot, new_.SlotOf(number));
    EXPECT_TRUE(new_.IsTracked(number));
  }
  EXPECT_EQ(Report().flows.stored + Report().flows.needless, 40u);
  EXPECT_GT(Report().flows.stored, 10u);
  EXPECT_EQ(Report().services, 0u);
  EXPECT_EQ(Report().other_size.slots, kTableSize);
  EXPECT_EQ(Report().Losses().size(), 1u);
}

TEST_F(MapCarrierTest, WithAnotherHashSeedEntriesAreLeft) {
  const uint32_t flow = old_.FlowOf(true);
  old_.Record(flow, 3);
  Begin(Only(WithBackends({1, 2, 3, 4})), kSizes, kSeed + 1);
  CarryOver();
  EXPECT_EQ(Report().flows.stored + Report().flows.needless, 1u);
  EXPECT_TRUE(new_.At(flow) == 3 || new_.Word(flow) == new_.IdOf(3));
  EXPECT_EQ(Report().other_hash.services,
            std::vector<ServiceAddress>({kService}));
  EXPECT_EQ(Report().Losses().size(), 1u);
}

TEST_F(MapCarrierTest, SaysWhichServicesAreGone) {
  old_.Record(old_.FlowOf(true), 3);
  Snapshot snapshot;
  snapshot.services[kOtherService] = WithBackends({1});
  Begin(snapshot);
  CarryOver();
  EXPECT_EQ(Report().gone.services, std::vector<ServiceAddress>({kService}));
  EXPECT_EQ(Report().gone.entries, 1u);
  EXPECT_EQ(Report().flows.stored, 0u);
  EXPECT_EQ(new_.writer->tracker().tracked(), 0u);
}

TEST_F(MapCarrierTest, CountsWhatFindsNoRoom) {
  constexpr uint32_t kRoom = 16;
  uint32_t flow = 0;
  for (uint32_t i = 0; i < kRoom + 4; ++i) {
    flow = old_.FlowOf(true, flow + 1);
    old_.Record(flow, 3);
  }
  Begin(Only(WithBackends({1, 2, 3})), {8, 128, 8192, kRoom});
  CarryOver();
  EXPECT_EQ(Report().flows.stored, kRoom);
  EXPECT_EQ(Report().flows.full, 4u);
  EXPECT_EQ(Report().Losses().size(), 1u);
}

TEST_F(MapCarrierTest, CountersGoOn) {
  const auto packets = [](const Side& side) {
    const auto read =
        ReadCounters(side.maps->service_counters_fd(), {side.Service().id});
    return read.ok() ? read->front().packets : 0;
  };
  const auto cpus = static_cast<uint64_t>(PossibleCpus());
  // With another one before it, it has another id.
  Snapshot snapshot = Only(WithBackends({1, 2, 3}));
  snapshot.services[{IPPROTO_TCP, kService.vip, 22}] = WithBackends({1});
  Begin(snapshot);
  ASSERT_NE(new_.Service().id, old_.Service().id);
  CarryOver();
  EXPECT_EQ(packets(new_), cpus);
  const std::vector<l275_counter> more(cpus, l275_counter{5, 5 * 64});
  const uint32_t id = old_.Service().id;
  ASSERT_EQ(bpf_map_update_elem(old_.maps->service_counters_fd(), &id,
                                more.data(), BPF_ANY),
            0);
  CarryRest();
  EXPECT_EQ(packets(new_), 5 * cpus);
}

}  // namespace
}  // namespace l275
