#include "lb/agent/publish/written_maps.h"

#include <gtest/gtest.h>
#include <netinet/in.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "lb/agent/publish/map_contents.h"
#include "lb/agent/publish/map_writer.h"

namespace l275 {
namespace {

constexpr uint64_t kSeed = 42;
constexpr MapWriter::TimePoint kStart{};
constexpr MapWriter::TimePoint kRested = kStart + RangeAllocator::kRest;
constexpr uint32_t kTableSize = 251;

Ipv4Address Backend(uint32_t number) {
  return Ipv4Address::FromHost(0x0a000100 + number);
}

ServiceAddress Service(uint16_t port) {
  return {IPPROTO_TCP, Ipv4Address::FromHost(0x0a0000c8), port};
}

SnapshotService WithBackends(const std::vector<uint32_t>& numbers) {
  SnapshotService service;
  service.table_size = kTableSize;
  for (uint32_t number : numbers) service.backends[Backend(number)] = {100};
  return service;
}

// Two services that have a backend in common, one of them tracked since the
// third backend came.
class WrittenMapsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto maps = Maps::Create({16, 64, 4096});
    ASSERT_TRUE(maps.ok()) << maps.status();
    maps_ = *std::move(maps);
    writer_ = std::make_unique<MapWriter>(maps_.get(), kSeed);
    snapshot_.services[Service(80)] = WithBackends({1, 2});
    snapshot_.services[Service(443)] = WithBackends({1, 9});
    snapshot_.next_hops[Backend(1)] = {7, {2, 0, 0, 0, 1, 1}, {2}};
    ASSERT_TRUE(writer_->Write(snapshot_, kStart).ok());
    MarkUsed(*maps_, writer_->services().at(Service(80)));
    snapshot_.services[Service(80)] = WithBackends({1, 2, 3});
    ASSERT_TRUE(writer_->Write(snapshot_, kStart).ok());
    ASSERT_GT(writer_->tracker().tracked(), 0u);
  }

  // Ends the writer where it is, and begins another one.
  absl::Status Restart() {
    writer_ = std::make_unique<MapWriter>(maps_.get(), kSeed);
    return writer_->Adopt(kStart);
  }

  uint32_t FirstSlot(uint16_t port) const {
    return writer_->services().at(Service(port)).first_slot;
  }
  l275_backend& Entry(uint16_t port, uint32_t backend) {
    return maps_->backends()[writer_->services()
                                 .at(Service(port))
                                 .backends.at(Backend(backend))
                                 .id];
  }
  std::vector<uint32_t> Slots() const {
    return {maps_->slots(), maps_->slots() + maps_->sizes().slots};
  }
  std::vector<uint32_t> Priors() const {
    return {maps_->priors(), maps_->priors() + maps_->sizes().slots};
  }

  Snapshot snapshot_;
  std::unique_ptr<Maps> maps_;
  std::unique_ptr<MapWriter> writer_;
};

TEST_F(WrittenMapsTest, ReadsWhatTheWriterWrote) {
  const auto read = WrittenMaps::Read(*maps_);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_TRUE(read->orphans.empty());
  ASSERT_EQ(read->services.size(), writer_->services().size());
  for (const auto& [address, written] : writer_->services()) {
    SCOPED_TRACE(address.ToString());
    const WrittenService& service = read->services.at(address);
    EXPECT_EQ(service.id, written.id);
    EXPECT_EQ(service.place, written.place);
    EXPECT_EQ(service.record, written.record);
    EXPECT_EQ(service.hash_key, written.hash_key);
    EXPECT_EQ(service.first_slot, written.first_slot);
    EXPECT_EQ(service.slot_count(), kTableSize);
    ASSERT_EQ(service.backends.size(), written.backends.size());
    for (const auto& [backend_address, backend] : written.backends) {
      const WrittenBackend& found = service.backends.at(backend_address);
      EXPECT_EQ(found.id, backend.id);
      EXPECT_EQ(found.next_hop, backend.next_hop);
      EXPECT_EQ(found.slots, backend.slots);
      EXPECT_TRUE(found.alive);
    }
  }
}

TEST_F(WrittenMapsTest, TheSameSnapshotChangesNothingThatPacketsSee) {
  const auto before = writer_->services();
  const auto slots = Slots();
  const auto priors = Priors();
  const uint32_t generation = Entry(80, 1).generation;
  const uint32_t tracked = writer_->tracker().tracked();
  ASSERT_TRUE(Restart().ok());
  EXPECT_EQ(writer_->tracker().tracked(), tracked);
  ASSERT_TRUE(writer_->Write(snapshot_, kStart).ok());
  EXPECT_EQ(Slots(), slots);
  EXPECT_EQ(Priors(), priors);
  EXPECT_EQ(writer_->tracker().tracked(), tracked);
  EXPECT_EQ(Entry(80, 1).generation, generation);
  for (const auto& [address, service] : writer_->services()) {
    EXPECT_EQ(service.record, before.at(address).record);
    for (const auto& [backend_address, backend] : service.backends) {
      EXPECT_EQ(backend.id, before.at(address).backends.at(backend_address).id);
    }
  }
}

TEST_F(WrittenMapsTest, NothingInUseIsHandedOutAgain) {
  ASSERT_TRUE(Restart().ok());
  snapshot_.services[Service(8080)] = WithBackends({1, 2, 3, 4});
  ASSERT_TRUE(writer_->Write(snapshot_, kRested).ok());
  std::set<uint32_t> ids, records, backends;
  std::vector<bool> slots(maps_->sizes().slots);
  for (const auto& [address, service] : writer_->services()) {
    EXPECT_TRUE(ids.insert(service.id).second);
    EXPECT_TRUE(records.insert(service.record).second);
    for (const auto& [unused, backend] : service.backends) {
      EXPECT_TRUE(backends.insert(backend.id).second);
    }
    for (uint32_t i = 0; i < service.slot_count(); ++i) {
      EXPECT_FALSE(slots[service.first_slot + i]);
      slots[service.first_slot + i] = true;
    }
  }
}

// The record that the earlier writer wrote is free again when nothing points to
// it any more, and not before.
TEST_F(WrittenMapsTest, NextHopsMoveToRecordsOfTheNewWriter) {
  const uint32_t old = Entry(80, 1).next_hop;
  ASSERT_TRUE(Restart().ok());
  EXPECT_EQ(Entry(80, 1).next_hop, old);
  ASSERT_TRUE(writer_->Write(snapshot_, kStart).ok());
  const uint32_t moved = Entry(80, 1).next_hop;
  EXPECT_NE(moved, old);
  EXPECT_EQ(maps_->next_hops()[moved].ifindex, 7u);
  EXPECT_EQ(Entry(443, 1).next_hop, moved);
  snapshot_.next_hops.clear();
  ASSERT_TRUE(writer_->Write(snapshot_, kRested).ok());
  EXPECT_EQ(Entry(80, 1).next_hop, 0u);
}

TEST_F(WrittenMapsTest, WithoutNextHopsTheOldRecordsAreLetGo) {
  ASSERT_TRUE(Restart().ok());
  snapshot_.next_hops.clear();
  ASSERT_TRUE(writer_->Write(snapshot_, kStart).ok());
  EXPECT_EQ(Entry(80, 1).next_hop, 0u);
}

TEST_F(WrittenMapsTest, ABackendThatIsDeclaredNoMoreDies) {
  const uint32_t id =
      writer_->services().at(Service(80)).backends.at(Backend(2)).id;
  const uint32_t generation = maps_->backends()[id].generation;
  ASSERT_TRUE(Restart().ok());
  snapshot_.services[Service(80)].backends.erase(Backend(2));
  ASSERT_TRUE(writer_->Write(snapshot_, kStart).ok());
  EXPECT_EQ(maps_->backends()[id].flags & L275_BACKEND_ALIVE, 0u);
  EXPECT_EQ(maps_->backends()[id].generation, generation + 1);
}

TEST_F(WrittenMapsTest, AServiceThatIsDeclaredNoMoreGoes) {
  ASSERT_TRUE(Restart().ok());
  snapshot_.services.erase(Service(443));
  ASSERT_TRUE(writer_->Write(snapshot_, kStart).ok());
  EXPECT_EQ(writer_->services().size(), 1u);
  EXPECT_EQ(WrittenMaps::Read(*maps_)->services.size(), 1u);
}

// An agent can end between any two stores. Here its last one was that of a
// backend's death, and of the service's key.
TEST_F(WrittenMapsTest, WhatABrokenWriteLeftIsMended) {
  Entry(80, 2).flags &= ~L275_BACKEND_ALIVE;
  const uint32_t dead =
      writer_->services().at(Service(80)).backends.at(Backend(2)).id;
  const uint32_t lost =
      writer_->services().at(Service(443)).backends.at(Backend(9)).id;
  const uint32_t place = writer_->services().at(Service(443)).place;
  maps_->service_buckets()[place / L275_BUCKET_ENTRIES]
      .key[place % L275_BUCKET_ENTRIES] = 0;
  ASSERT_TRUE(Restart().ok());
  EXPECT_EQ(maps_->backends()[lost].flags & L275_BACKEND_ALIVE, 0u);
  snapshot_.services[Service(80)].backends[Backend(2)] = {0, false};
  ASSERT_TRUE(writer_->Write(snapshot_, kStart).ok());
  for (uint32_t i = 0; i < kTableSize; ++i) {
    const uint32_t word = maps_->slots()[FirstSlot(80) + i];
    EXPECT_NE(word & L275_SLOT_OWNER, dead) << "slot " << i;
  }
}

// Not even one that was written first, and long after: its slots point to it.
TEST_F(WrittenMapsTest, TheIdOfADeadOwnerGoesToNobodyInTheFirstWrite) {
  Entry(80, 2).flags &= ~L275_BACKEND_ALIVE;
  const uint32_t dead =
      writer_->services().at(Service(80)).backends.at(Backend(2)).id;
  ASSERT_TRUE(Restart().ok());
  snapshot_.services[Service(80)].backends[Backend(2)] = {0, false};
  snapshot_.services[Service(1)] = WithBackends({11, 12, 13});
  ASSERT_TRUE(writer_->Write(snapshot_, kRested).ok());
  for (const auto& [address, service] : writer_->services()) {
    for (const auto& [unused, backend] : service.backends) {
      EXPECT_NE(backend.id, dead) << address.ToString();
    }
  }
  for (uint32_t i = 0; i < kTableSize; ++i) {
    const uint32_t slot = FirstSlot(80) + i;
    EXPECT_NE(maps_->slots()[slot] & L275_SLOT_OWNER, dead);
  }
}

TEST_F(WrittenMapsTest, ASlotWithAnImpossibleBackendIsRefusedByName) {
  maps_->slots()[FirstSlot(80)] = 1000;
  const absl::Status status = Restart();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(std::string(status.message()),
            "tcp:10.0.0.200:80 has an impossible backend id in a slot: 1000 in "
            "the maps");
}

TEST_F(WrittenMapsTest, AnotherHashSeedIsRefused) {
  writer_ = std::make_unique<MapWriter>(maps_.get(), kSeed + 1);
  EXPECT_EQ(std::string(writer_->Adopt(kStart).message()),
            "tcp:10.0.0.200:80 was written with another --hash_seed");
}

TEST_F(WrittenMapsTest, SharedSlotsAreRefused) {
  const uint32_t record = writer_->services().at(Service(80)).record;
  maps_->services()[record].first_slot = FirstSlot(443);
  EXPECT_EQ(Restart().code(), absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace l275
