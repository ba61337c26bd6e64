#include "lb/agent/publish/map_writer.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <ostream>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "common/abi/flow_hash.h"
#include "common/testing/test_namespace.h"
#include "lb/agent/maps/counters.h"
#include "lb/agent/publish/map_contents.h"
#include "lb/agent/table/maglev.h"

namespace l275 {
namespace {

using std::chrono::milliseconds;

constexpr uint64_t kSeed = 42;
constexpr MapWriter::TimePoint kStart{};
constexpr MapWriter::TimePoint kRested = kStart + RangeAllocator::kRest;
constexpr uint32_t kEth0 = 101;
constexpr uint32_t kEth1 = 102;

Ipv4Address Backend(uint32_t number) {
  return Ipv4Address::FromHost(0x0a000100 + number);
}

ServiceAddress Service(uint16_t port) {
  return {IPPROTO_TCP, Ipv4Address::FromHost(0x0a0000c8), port};
}

SnapshotService WithBackends(uint32_t table_size,
                             const std::vector<uint32_t>& numbers,
                             uint32_t weight = 100) {
  SnapshotService service;
  service.table_size = table_size;
  for (uint32_t number : numbers) service.backends[Backend(number)] = {weight};
  return service;
}

NextHopRecord NextHop(uint32_t ifindex, uint8_t last_byte) {
  return {ifindex, {2, 0, 0, 0, 1, last_byte}, {2, 0, 0, 0, 0, 1}};
}

// A service's table as addresses; 0.0.0.0 for empty slots.
std::vector<Ipv4Address> OwnersInMaps(const Maps& maps,
                                      const ServiceAddress& address) {
  const l275_service entry = ServiceEntry(maps, address);
  std::vector<Ipv4Address> owners;
  for (uint32_t slot = 0; slot < entry.slots; ++slot) {
    const uint32_t id = maps.slots()[entry.first_slot + slot] & L275_SLOT_OWNER;
    owners.push_back(Ipv4Address::FromNetwork(maps.backends()[id].address));
  }
  return owners;
}

std::vector<Ipv4Address> OwnersByMaglev(const SnapshotService& service) {
  std::vector<MaglevBackend> backends;
  for (const auto& [address, state] : service.backends) {
    const uint32_t weight = state.weight;
    if (weight > 0) backends.push_back({address, weight});
  }
  if (backends.empty()) {
    return std::vector<Ipv4Address>(service.table_size);
  }
  std::vector<Ipv4Address> owners;
  for (uint32_t index : BuildMaglevTable(backends, service.table_size)) {
    owners.push_back(backends[index].address);
  }
  return owners;
}

NextHopRecord NextHopInMaps(const Maps& maps, uint32_t id) {
  const l275_next_hop& record = maps.next_hops()[id];
  NextHopRecord next_hop;
  next_hop.ifindex = record.ifindex;
  std::copy_n(record.destination, 6, next_hop.destination.begin());
  std::copy_n(record.source, 6, next_hop.source.begin());
  return next_hop;
}

class MapWriterTest : public ::testing::Test {
 protected:
  MapWriterTest() : scope_(namespace_) {
    namespace_.IpBatch(
        "link add eth0 index 101 type veth peer peer0\n"
        "link add eth1 index 102 type veth peer peer1\n");
  }
  void SetUp() override { Restart({16, 256, 16384}); }

  // New maps, services, backends and slots at most, and a writer.
  void Restart(const MapSizes& sizes) {
    auto maps = Maps::Create(sizes);
    ASSERT_TRUE(maps.ok()) << maps.status();
    maps_ = *std::move(maps);
    writer_ = std::make_unique<MapWriter>(maps_.get(), kSeed);
  }

  void Write(const Snapshot& snapshot, MapWriter::TimePoint now = kStart) {
    const absl::Status status = writer_->Write(snapshot, now);
    ASSERT_TRUE(status.ok()) << status;
  }

  uint32_t BackendId(uint16_t port, uint32_t backend) const {
    return writer_->services()
        .at(Service(port))
        .backends.at(Backend(backend))
        .id;
  }
  uint32_t NextHopId(uint16_t port, uint32_t backend) const {
    return maps_->backends()[BackendId(port, backend)].next_hop;
  }

  void ExpectMapsSay(const Snapshot& snapshot) const;
  void ExpectServiceIs(const ServiceAddress& address, const Snapshot& snapshot,
                       std::set<uint32_t>& slots, std::set<uint32_t>& ids,
                       std::set<uint32_t>& backend_ids) const;
  void ExpectDevicesAre(const Snapshot& snapshot) const;

  TestNamespace namespace_;
  TestNamespace::Scope scope_;
  std::unique_ptr<Maps> maps_;
  std::unique_ptr<MapWriter> writer_;
};

// Compares all maps with the snapshot. No two services share anything.
void MapWriterTest::ExpectMapsSay(const Snapshot& snapshot) const {
  EXPECT_EQ(CountServices(*maps_), snapshot.services.size());
  EXPECT_EQ(writer_->services().size(), snapshot.services.size());
  std::set<uint32_t> slots, ids, backend_ids;
  for (const auto& [address, service] : snapshot.services) {
    SCOPED_TRACE(address.ToString());
    ExpectServiceIs(address, snapshot, slots, ids, backend_ids);
  }
  EXPECT_EQ(writer_->slot_ranges().used(), slots.size());
  ExpectDevicesAre(snapshot);
}

void MapWriterTest::ExpectServiceIs(const ServiceAddress& address,
                                    const Snapshot& snapshot,
                                    std::set<uint32_t>& slots,
                                    std::set<uint32_t>& ids,
                                    std::set<uint32_t>& backend_ids) const {
  const SnapshotService& service = snapshot.services.at(address);
  const l275_service entry = ServiceEntry(*maps_, address);
  EXPECT_EQ(entry.hash_key,
            l275_service_hash_key(kSeed, address.vip.ToNetwork(), IPPROTO_TCP));
  EXPECT_EQ(entry.slots, service.table_size);
  EXPECT_NE(entry.id, 0u);
  EXPECT_TRUE(ids.insert(entry.id).second) << "service id " << entry.id;
  for (uint32_t slot = 0; slot < entry.slots; ++slot) {
    EXPECT_TRUE(slots.insert(entry.first_slot + slot).second);
  }
  const std::vector<Ipv4Address> owners = OwnersByMaglev(service);
  ASSERT_EQ(OwnersInMaps(*maps_, address), owners);
  const WrittenService& written = writer_->services().at(address);
  ASSERT_EQ(written.backends.size(), service.backends.size());
  for (const auto& [backend_address, backend] : written.backends) {
    SCOPED_TRACE(backend_address.ToString());
    EXPECT_NE(backend.id, 0u);
    EXPECT_TRUE(backend_ids.insert(backend.id).second);
    EXPECT_EQ(backend.slots,
              std::count(owners.begin(), owners.end(), backend_address));
    const l275_backend& in_map = maps_->backends()[backend.id];
    EXPECT_EQ(in_map.address, backend_address.ToNetwork());
    const auto next_hop = snapshot.next_hops.find(backend_address);
    if (next_hop == snapshot.next_hops.end()) {
      EXPECT_EQ(in_map.next_hop, 0u);
    } else {
      EXPECT_NE(in_map.next_hop, 0u);
      EXPECT_EQ(NextHopInMaps(*maps_, in_map.next_hop), next_hop->second);
    }
  }
}

void MapWriterTest::ExpectDevicesAre(const Snapshot& snapshot) const {
  std::set<uint32_t> egress;
  for (const auto& [address, next_hop] : snapshot.next_hops) {
    egress.insert(next_hop.ifindex);
  }
  const auto entries = IngressEntries(*maps_);
  EXPECT_EQ(entries.size(), snapshot.ingress.size());
  for (const auto& [ifindex, mac] : snapshot.ingress) {
    egress.insert(ifindex);
    const auto entry = entries.find(ifindex % L275_INGRESS_ENTRIES);
    ASSERT_NE(entry, entries.end());
    EXPECT_EQ(entry->second.ifindex, ifindex);
    EXPECT_TRUE(std::equal(mac.begin(), mac.end(), entry->second.mac));
  }
  EXPECT_EQ(EgressInterfaces(*maps_), egress);
}

// Changes one thing in a snapshot at a time, whatever an agent could change.
class RandomChanges {
 public:
  explicit RandomChanges(uint32_t seed) : random_(seed) {}

  void Change(Snapshot& snapshot) {
    switch (Below(8)) {
      case 0:
        snapshot.services[RandomService()] = RandomTable();
        break;
      case 1:
        snapshot.services.erase(RandomService());
        break;
      case 2:
        snapshot.next_hops[RandomBackend()] =
            NextHop(Below(2) == 0 ? kEth0 : kEth1, Byte());
        break;
      case 3:
        snapshot.next_hops.erase(RandomBackend());
        break;
      case 4:
        snapshot.ingress[kEth0 + Below(2)] = {2, 0, 0, 0, 0, Byte()};
        break;
      case 5:
        snapshot.ingress.erase(kEth0 + Below(2));
        break;
      default:
        ChangeBackends(snapshot);
    }
  }

  uint32_t Below(uint32_t end) { return random_() % end; }

 private:
  void ChangeBackends(Snapshot& snapshot) {
    const auto found = snapshot.services.find(RandomService());
    if (found == snapshot.services.end()) return;
    if (Below(3) == 0) {
      found->second.backends.erase(RandomBackend());
    } else {
      found->second.backends[RandomBackend()] = {RandomWeight()};
    }
  }

  SnapshotService RandomTable() {
    constexpr uint32_t kSizes[] = {2, 13, 31, 251};
    SnapshotService service;
    service.table_size = kSizes[Below(4)];
    for (uint32_t count = Below(5); count > 0; --count) {
      service.backends[RandomBackend()] = {RandomWeight()};
    }
    return service;
  }

  uint8_t Byte() { return static_cast<uint8_t>(Below(4)); }
  uint32_t RandomWeight() { return Below(3) * 50; }
  Ipv4Address RandomBackend() { return Backend(1 + Below(8)); }
  ServiceAddress RandomService() {
    return Service(static_cast<uint16_t>(Below(5)));
  }

  std::mt19937 random_;
};

TEST_F(MapWriterTest, MapsSayWhatRandomSnapshotsSay) {
  for (uint32_t seed = 1; seed <= 3; ++seed) {
    Restart({16, 256, 16384});
    RandomChanges changes(seed);
    Snapshot snapshot;
    MapWriter::TimePoint now = kStart;
    for (int step = 0; step < 150 && !HasFailure(); ++step) {
      SCOPED_TRACE(testing::Message() << "seed " << seed << " step " << step);
      for (uint32_t i = changes.Below(4); i < 4; ++i) changes.Change(snapshot);
      now += milliseconds(changes.Below(60));
      Write(snapshot, now);
      ExpectMapsSay(snapshot);
    }
  }
}

// Two load balancers that lived through different things agree in the end.
TEST_F(MapWriterTest, TablesDoNotDependOnHistory) {
  RandomChanges changes(4);
  Snapshot snapshot;
  for (int step = 0; step < 100; ++step) {
    changes.Change(snapshot);
    Write(snapshot, kStart + step * milliseconds(10));
  }
  snapshot.services[Service(80)] = WithBackends(251, {1, 2, 3});
  Write(snapshot, kStart + std::chrono::seconds(2));
  std::map<ServiceAddress, std::vector<Ipv4Address>> owners;
  for (const auto& [address, service] : snapshot.services) {
    owners[address] = OwnersInMaps(*maps_, address);
  }

  Restart({100, 1000, 100000});
  Write(snapshot);
  for (const auto& [address, service] : snapshot.services) {
    EXPECT_EQ(OwnersInMaps(*maps_, address), owners[address]);
  }
}

TEST_F(MapWriterTest, SlotsAreEmptyWhileNoBackendHasWeight) {
  Snapshot snapshot;
  snapshot.services[Service(80)] = WithBackends(13, {1, 2}, /*weight=*/0);
  Write(snapshot);
  EXPECT_EQ(OwnersInMaps(*maps_, Service(80)), std::vector<Ipv4Address>(13));
  snapshot.services[Service(80)].backends[Backend(2)] = {1};
  Write(snapshot);
  EXPECT_EQ(OwnersInMaps(*maps_, Service(80)),
            std::vector<Ipv4Address>(13, Backend(2)));
}

// A mark that the writer would overwrite, if it wrote there at all.
TEST_F(MapWriterTest, SlotsOfAnUnchangedServiceAreNotWritten) {
  Snapshot snapshot;
  snapshot.services[Service(80)] = WithBackends(251, {1, 2});
  snapshot.services[Service(81)] = WithBackends(251, {3, 4});
  Write(snapshot);
  const l275_service unchanged = ServiceEntry(*maps_, Service(80));
  constexpr uint32_t kMark = 77;
  std::fill_n(maps_->slots() + unchanged.first_slot, unchanged.slots, kMark);

  snapshot.services[Service(81)].backends[Backend(5)] = {100};
  snapshot.services[Service(82)] = WithBackends(31, {1});
  snapshot.next_hops[Backend(1)] = NextHop(kEth0, 1);
  snapshot.ingress[kEth0] = {2, 0, 0, 0, 0, 1};
  Write(snapshot);
  for (uint32_t slot = 0; slot < unchanged.slots; ++slot) {
    ASSERT_EQ(maps_->slots()[unchanged.first_slot + slot], kMark) << slot;
  }
  EXPECT_EQ(OwnersInMaps(*maps_, Service(81)),
            OwnersByMaglev(snapshot.services[Service(81)]));
}

TEST_F(MapWriterTest, TheSameSnapshotAgainChangesNothing) {
  Snapshot snapshot;
  snapshot.services[Service(80)] = WithBackends(251, {1, 2});
  snapshot.next_hops[Backend(1)] = NextHop(kEth0, 1);
  snapshot.ingress[kEth0] = {2, 0, 0, 0, 0, 1};
  Write(snapshot);
  const MapContents before(*maps_);
  Write(snapshot, kRested);
  EXPECT_TRUE(MapContents(*maps_) == before);
}

TEST_F(MapWriterTest, CountsServicesThatChange) {
  Snapshot snapshot;
  snapshot.services[Service(80)] = WithBackends(251, {1, 2});
  snapshot.services[Service(81)] = WithBackends(251, {1});
  Write(snapshot);
  EXPECT_EQ(writer_->service_changes(), 2u) << "added";
  Write(snapshot);
  snapshot.next_hops[Backend(1)] = NextHop(kEth0, 1);
  Write(snapshot);
  EXPECT_EQ(writer_->service_changes(), 2u) << "not changed";
  snapshot.services[Service(80)].backends[Backend(2)] = {0};
  Write(snapshot);
  EXPECT_EQ(writer_->service_changes(), 3u) << "changed";
  snapshot.services.erase(Service(81));
  Write(snapshot);
  EXPECT_EQ(writer_->service_changes(), 4u) << "removed";
  snapshot.services[Service(82)] = WithBackends(16381, {1});
  EXPECT_FALSE(writer_->Write(snapshot, kStart).ok());
  EXPECT_EQ(writer_->service_changes(), 4u) << "did not fit";
}

TEST_F(MapWriterTest, BackendsWithEqualNextHopsShareARecord) {
  Snapshot snapshot;
  snapshot.services[Service(80)] = WithBackends(13, {1, 2, 3});
  snapshot.services[Service(81)] = WithBackends(13, {1});
  snapshot.next_hops[Backend(1)] = NextHop(kEth0, 9);
  snapshot.next_hops[Backend(2)] = NextHop(kEth0, 9);
  snapshot.next_hops[Backend(3)] = NextHop(kEth1, 9);
  Write(snapshot);
  EXPECT_EQ(NextHopId(80, 1), NextHopId(80, 2));
  EXPECT_EQ(NextHopId(80, 1), NextHopId(81, 1));
  EXPECT_NE(NextHopId(80, 1), NextHopId(80, 3));
}

// A packet on its way may still read the old record.
TEST_F(MapWriterTest, ANextHopMovesToANewRecordAndTheOldOneRests) {
  Snapshot snapshot;
  snapshot.services[Service(80)] = WithBackends(13, {1});
  snapshot.next_hops[Backend(1)] = NextHop(kEth0, 1);
  Write(snapshot);
  const uint32_t old_id = NextHopId(80, 1);
  snapshot.next_hops[Backend(1)] = NextHop(kEth0, 2);
  Write(snapshot);
  EXPECT_NE(NextHopId(80, 1), old_id);
  snapshot.next_hops[Backend(1)] = NextHop(kEth0, 3);
  Write(snapshot, kRested - milliseconds(1));
  EXPECT_NE(NextHopId(80, 1), old_id);
  EXPECT_EQ(NextHopInMaps(*maps_, old_id), NextHop(kEth0, 1));
  snapshot.next_hops[Backend(1)] = NextHop(kEth0, 4);
  Write(snapshot, kRested);
  EXPECT_EQ(NextHopId(80, 1), old_id);
  EXPECT_EQ(NextHopInMaps(*maps_, old_id), NextHop(kEth0, 4));
}

TEST_F(MapWriterTest, IdsAndSlotsRestBeforeTheyAreUsedAgain) {
  Restart({1, 1, 13});
  Snapshot full;
  full.services[Service(80)] = WithBackends(13, {1});
  Write(full);
  Write(Snapshot());
  EXPECT_TRUE(absl::IsResourceExhausted(
      writer_->Write(full, kRested - milliseconds(1))));
  Write(full, kRested);
  ExpectMapsSay(full);
}

// Maps with room for two of everything last for ever. (Three of the slots:
// tables of two sizes leave gaps.)
TEST_F(MapWriterTest, NothingIsLostWhateverIsReplaced) {
  Restart({2, 2, 3 * 13});
  for (uint32_t change = 1; change <= 200; ++change) {
    SCOPED_TRACE(change);
    Snapshot snapshot;
    const uint32_t table_size = change % 3 == 0 ? 11 : 13;
    snapshot.services[Service(static_cast<uint16_t>(change / 5))] =
        WithBackends(table_size, {change / 2});
    snapshot.next_hops[Backend(change / 2)] =
        NextHop(kEth0, static_cast<uint8_t>(change));
    Write(snapshot, kStart + change * RangeAllocator::kRest);
    ExpectMapsSay(snapshot);
    if (HasFailure()) return;
  }
}

void AddTo(int fd, uint32_t index) {
  const std::vector<l275_counter> counts(
      static_cast<size_t>(libbpf_num_possible_cpus()), l275_counter{7, 700});
  ASSERT_EQ(bpf_map_update_elem(fd, &index, counts.data(), BPF_ANY), 0);
}

uint64_t PacketsAt(int fd, uint32_t index) {
  const auto counters = ReadCounters(fd, {index});
  return counters.ok() ? counters->front().packets : ~uint64_t{0};
}

TEST_F(MapWriterTest, CountersStartFromZeroForWhateverGetsTheirId) {
  Restart({1, 1, 13});
  Snapshot snapshot;
  snapshot.services[Service(80)] = WithBackends(13, {1});
  Write(snapshot);
  AddTo(maps_->service_counters_fd(), 1);
  AddTo(maps_->backend_counters_fd(), 1);
  // What goes on being served goes on being counted.
  snapshot.services[Service(80)].backends[Backend(1)] = {5};
  Write(snapshot);
  EXPECT_GT(PacketsAt(maps_->service_counters_fd(), 1), 0u);
  EXPECT_GT(PacketsAt(maps_->backend_counters_fd(), 1), 0u);

  Write(Snapshot());
  Snapshot other;
  other.services[Service(81)] = WithBackends(13, {2});
  Write(other, kRested);
  ASSERT_EQ(BackendId(81, 2), 1u);
  EXPECT_EQ(PacketsAt(maps_->service_counters_fd(), 1), 0u);
  EXPECT_EQ(PacketsAt(maps_->backend_counters_fd(), 1), 0u);
}

struct Excess {
  const char* description;
  ServiceAddress address;
  SnapshotService service;
  const char* message;
};

std::ostream& operator<<(std::ostream& out, const Excess& excess) {
  return out << excess.description;
}

class MapWriterExcessTest : public MapWriterTest,
                            public ::testing::WithParamInterface<Excess> {};

TEST_P(MapWriterExcessTest, IsRefusedAndChangesNothing) {
  Restart({2, 4, 100});
  Snapshot fits;
  fits.services[Service(80)] = WithBackends(31, {1, 2});
  fits.next_hops[Backend(1)] = NextHop(kEth0, 1);
  fits.ingress[kEth0] = {2, 0, 0, 0, 0, 1};
  Write(fits);
  const MapContents before(*maps_);

  Snapshot excess = fits;
  // A good change, a new next hop and a new interface are refused with it.
  excess.services[Service(80)].backends[Backend(1)] = {7};
  excess.next_hops[Backend(2)] = NextHop(kEth1, 2);
  excess.ingress[kEth1] = {2, 0, 0, 0, 0, 2};
  excess.services[Service(81)] = WithBackends(13, {1});
  excess.services[GetParam().address] = GetParam().service;
  EXPECT_TRUE(writer_->CheckFits(fits, kRested).ok());
  const absl::Status too_much = writer_->CheckFits(excess, kRested);
  const absl::Status refused = writer_->Write(excess, kRested);
  EXPECT_EQ(too_much, refused);
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(std::string(refused.message()), GetParam().message);
  EXPECT_TRUE(MapContents(*maps_) == before);
  ExpectMapsSay(fits);

  // What it had set aside is free again at once.
  fits.services[Service(81)] = WithBackends(67, {1, 2});
  Write(fits, kRested);
  ExpectMapsSay(fits);
}

std::string NameOf(const ::testing::TestParamInfo<Excess>& info) {
  std::string name = info.param.description;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == ' ' || c == '\''; },
      '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(
    All, MapWriterExcessTest,
    ::testing::Values(
        Excess{"one service too many", Service(82), WithBackends(13, {1}),
               "no room for 1 more services: 2 of 2 in use; the largest free "
               "run is 0; start with a greater --max_services"},
        Excess{"one backend too many", Service(81), WithBackends(13, {1, 2, 3}),
               "no room for 1 more backends: 4 of 4 in use; the largest free "
               "run is 0; start with a greater --max_backends"},
        Excess{"a table too big", Service(81), WithBackends(71, {1}),
               "no room for 71 more slots: 31 of 100 in use; the largest "
               "free run is 69; start with a greater --max_slots"},
        Excess{"a known service's table too big", Service(80),
               WithBackends(71, {1, 2}),
               "no room for 71 more slots: 31 of 100 in use; the largest "
               "free run is 69; start with a greater --max_slots"}),
    NameOf);

// Reads a service's slots over and over, as packets do, while the writer works.
class SlotReader {
 public:
  SlotReader(const Maps& maps, const ServiceAddress& service)
      : maps_(maps),
        service_(service),
        seen_(maps.backends().size()),
        thread_([this] { Run(); }) {}

  void WaitForFirstPass() const {
    while (passes_ == 0) std::this_thread::yield();
  }

  // Ids seen in slots. Ends the reading.
  std::set<uint32_t> Finish() {
    done_ = true;
    thread_.join();
    std::set<uint32_t> ids;
    for (uint32_t id = 0; id < seen_.size(); ++id) {
      if (seen_[id]) ids.insert(id);
    }
    return ids;
  }

 private:
  void Run() {
    for (; !done_; ++passes_) {
      const l275_service entry = ServiceEntry(maps_, service_);
      const uint32_t* const slots = maps_.slots() + entry.first_slot;
      for (uint32_t slot = 0; slot < entry.slots; ++slot) {
        const uint32_t word = __atomic_load_n(&slots[slot], __ATOMIC_ACQUIRE);
        seen_[word & L275_SLOT_OWNER] = true;
      }
    }
  }

  const Maps& maps_;
  const ServiceAddress service_;
  std::vector<bool> seen_;
  std::atomic<bool> done_{false};
  std::atomic<int> passes_{0};
  std::thread thread_;  // last: it uses the others
};

// Time stands still here, so that nothing is used twice: an id that the reader
// sees and the service never had can only come from half a change.
TEST_F(MapWriterTest, AReaderSeesOnlyTheServicesOwnBackends) {
  Restart({2, 4096, 1 << 18});
  Snapshot snapshot;
  snapshot.services[Service(80)] = WithBackends(251, {1, 2});
  snapshot.services[Service(81)] = WithBackends(251, {1, 2});
  Write(snapshot);
  std::set<uint32_t> own = {BackendId(80, 1), BackendId(80, 2)};
  SlotReader reader(*maps_, Service(80));
  reader.WaitForFirstPass();
  for (uint32_t change = 3; change < 200; ++change) {
    SnapshotService& service = snapshot.services[Service(80)];
    service = WithBackends(change % 4 == 0 ? 509 : 251, {change - 1, change});
    service.backends[Backend(change)] = {1 + change % 7};
    snapshot.services[Service(81)] = WithBackends(251, {change - 1, change});
    snapshot.next_hops[Backend(change)] =
        NextHop(kEth0, static_cast<uint8_t>(change));
    Write(snapshot);
    own.insert(BackendId(80, change));
  }
  const std::set<uint32_t> seen = reader.Finish();
  EXPECT_EQ(seen.count(0), 0u);
  EXPECT_TRUE(std::includes(own.begin(), own.end(), seen.begin(), seen.end()))
      << testing::PrintToString(seen);
}

}  // namespace
}  // namespace l275
