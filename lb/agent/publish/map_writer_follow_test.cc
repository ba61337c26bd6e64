// Map writers that follow what another one's slots say, as a standby does.

#include <gtest/gtest.h>
#include <netinet/in.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <random>
#include <vector>

#include "common/testing/test_namespace.h"
#include "lb/agent/publish/map_contents.h"
#include "lb/agent/publish/map_writer.h"
#include "lb/agent/publish/slot_export.h"

namespace l275 {
namespace {

using std::chrono::seconds;

constexpr uint32_t kTableSize = 251;
constexpr uint32_t kIdle = 100;  // ticks
// Longer than an idle timeout.
constexpr seconds kLong{200};
constexpr MapWriter::TimePoint kStart = MapWriter::TimePoint() + kLong;
const ServiceAddress kService = {IPPROTO_TCP, Ipv4Address::FromHost(0x0a0000c8),
                                 80};

Ipv4Address Backend(uint32_t number) {
  return Ipv4Address::FromHost(0x0a000100 + number);
}

SnapshotService WithBackends(const std::vector<uint32_t>& numbers) {
  SnapshotService service;
  service.table_size = kTableSize;
  for (uint32_t number : numbers) service.backends[Backend(number)] = {100};
  return service;
}

// Maps and their writer.
class Balancer {
 public:
  explicit Balancer(uint64_t hash_seed) {
    auto maps = Maps::Create({4, 64, 4096, 64});
    if (!maps.ok()) {
      ADD_FAILURE() << maps.status();
      return;
    }
    maps_ = *std::move(maps);
    writer_ = std::make_unique<MapWriter>(maps_.get(), hash_seed);
  }

  MapWriter& writer() { return *writer_; }
  const Maps& maps() const { return *maps_; }
  uint32_t tracked() const { return writer_->tracker().tracked(); }
  const WrittenService& service() const {
    return writer_->services().at(kService);
  }

  void Write(const SnapshotService& service, MapWriter::TimePoint now) {
    Snapshot snapshot;
    snapshot.services[kService] = service;
    const absl::Status written = writer_->Write(snapshot, now);
    EXPECT_TRUE(written.ok()) << written;
  }

  // As if packets came here.
  void Use() { MarkUsed(*maps_, service()); }

  void Settle(MapWriter::TimePoint now) {
    writer_->tracker().Settle([](uint32_t) { return false; }, kIdle, now);
  }

  std::vector<SlotRange> Ranges() const {
    std::vector<SlotRange> ranges;
    for (uint32_t i = 0; i < RangesOf(service().slot_count()); ++i) {
      ranges.push_back(ExportRange(*maps_, service(), i));
    }
    return ranges;
  }

  absl::Status Follow(const Balancer& leader, MapWriter::TimePoint now) {
    return writer_->tracker()
        .Follow(kService, ExportTable(leader.service()), leader.Ranges(), now)
        .status();
  }

  bool IsTracked(uint32_t slot) const {
    return (Word(slot) & L275_SLOT_TRACKED) != 0;
  }

  // The backend of a flow of the table's slot that has no entry, as
  // bpf/select/track.h decides; 0.0.0.0 for none.
  Ipv4Address Place(uint32_t slot) const {
    const uint32_t owner = Word(slot) & L275_SLOT_OWNER;
    if (!IsTracked(slot)) return AddressOf(owner);
    const uint32_t prior =
        maps_->priors()[service().first_slot + slot] & L275_PRIOR_BACKEND;
    const bool alive =
        (maps_->backends()[prior].flags & L275_BACKEND_ALIVE) != 0;
    return AddressOf(prior != 0 && alive ? prior : owner);
  }

  bool IsAlive(Ipv4Address backend) const {
    const auto found = service().backends.find(backend);
    return found != service().backends.end() && found->second.alive;
  }

 private:
  uint32_t Word(uint32_t slot) const {
    return maps_->slots()[service().first_slot + slot];
  }
  Ipv4Address AddressOf(uint32_t id) const {
    return Ipv4Address::FromNetwork(maps_->backends()[id].address);
  }

  std::unique_ptr<Maps> maps_;
  std::unique_ptr<MapWriter> writer_;
};

class MapWriterFollowTest : public ::testing::Test {
 protected:
  MapWriterFollowTest() : scope_(namespace_) {}

  // One that gets packets, and one that does not and follows it.
  void Pair(const SnapshotService& service) {
    leader_.Write(service, kStart);
    leader_.Use();
    follower_.Write(service, kStart);
    follower_.writer().tracker().SetFollowed({kService}, kStart);
  }

  void Follow(MapWriter::TimePoint now = kStart) {
    const absl::Status followed = follower_.Follow(leader_, now);
    EXPECT_TRUE(followed.ok()) << followed;
  }

  void ExpectSamePlaces() const {
    for (uint32_t slot = 0; slot < kTableSize; ++slot) {
      const Ipv4Address place = leader_.Place(slot);
      if (!follower_.IsAlive(place)) continue;
      ASSERT_EQ(follower_.Place(slot), place)
          << "slot " << slot << (leader_.IsTracked(slot) ? ", tracked" : "")
          << (follower_.IsTracked(slot) ? ", tracked by the follower" : "");
    }
  }

  void ExpectSameTracked() const {
    for (uint32_t slot = 0; slot < kTableSize; ++slot) {
      ASSERT_EQ(follower_.IsTracked(slot), leader_.IsTracked(slot)) << slot;
    }
  }

  TestNamespace namespace_;
  TestNamespace::Scope scope_;
  // What the hash is has no part in it.
  Balancer leader_{1};
  Balancer follower_{2};
};

TEST_F(MapWriterFollowTest, AStandbyThatFollowsNobodyTracksNothing) {
  follower_.Write(WithBackends({1, 2}), kStart);
  follower_.Write(WithBackends({1, 2, 3}), kStart);
  EXPECT_EQ(follower_.tracked(), 0u);
}

// The active one may not have seen it yet.
TEST_F(MapWriterFollowTest, AStandbyThatFollowsTracksItsOwnChange) {
  Pair(WithBackends({1, 2}));
  follower_.Write(WithBackends({1, 2, 3}), kStart);
  EXPECT_GT(follower_.tracked(), kTableSize / 4);
  ExpectSamePlaces();
  Follow();
  EXPECT_GT(follower_.tracked(), kTableSize / 4);
  ExpectSamePlaces();
}

TEST_F(MapWriterFollowTest, FollowsAChangeItHasNotSeen) {
  Pair(WithBackends({1, 2}));
  leader_.Write(WithBackends({1, 2, 3}), kStart);
  Follow();
  EXPECT_EQ(follower_.tracked(), leader_.tracked());
  follower_.Write(WithBackends({1, 2, 3}), kStart);
  ExpectSamePlaces();
  ExpectSameTracked();
}

TEST_F(MapWriterFollowTest, SettlesOnlyWithTheOneItFollows) {
  Pair(WithBackends({1, 2}));
  leader_.Write(WithBackends({1, 2, 3}), kStart);
  follower_.Write(WithBackends({1, 2, 3}), kStart);
  Follow();
  ASSERT_GT(leader_.tracked(), 0u);
  const MapWriter::TimePoint later = kStart + kLong;
  for (int sweep = 0; sweep < 2; ++sweep) follower_.Settle(later);
  EXPECT_EQ(follower_.tracked(), leader_.tracked());
  ExpectSamePlaces();

  leader_.Settle(later);  // the owner becomes the prior
  Follow(later);
  EXPECT_EQ(follower_.tracked(), leader_.tracked());
  ExpectSamePlaces();

  leader_.Settle(later);
  ASSERT_EQ(leader_.tracked(), 0u);
  Follow(later);
  EXPECT_EQ(follower_.tracked(), 0u);
}

// When its slots changed last it does not know.
TEST_F(MapWriterFollowTest, SettlesAnIdleTimeoutAfterItFollowed) {
  Pair(WithBackends({1, 2}));
  leader_.Write(WithBackends({1, 2, 3}), kStart);
  Follow();
  const MapWriter::TimePoint ended = kStart + kLong;
  follower_.writer().tracker().SetFollowed({}, ended);
  for (int sweep = 0; sweep < 2; ++sweep) {
    follower_.Settle(ended + kLong / 4);
  }
  EXPECT_EQ(follower_.tracked(), leader_.tracked());
  for (int sweep = 0; sweep < 2; ++sweep) follower_.Settle(ended + kLong);
  EXPECT_EQ(follower_.tracked(), 0u);
}

TEST_F(MapWriterFollowTest, ServicesStillFollowedAreNotPostponed) {
  const ServiceAddress other = {IPPROTO_TCP, Ipv4Address::FromHost(0x0a0000c9),
                                80};
  Pair(WithBackends({1, 2}));
  leader_.Write(WithBackends({1, 2, 3}), kStart);
  Follow();
  follower_.writer().tracker().SetFollowed({kService, other}, kStart);
  const MapWriter::TimePoint later = kStart + kLong;
  follower_.writer().tracker().SetFollowed({other}, kStart);
  follower_.writer().tracker().SetFollowed({}, later);
  for (int sweep = 0; sweep < 2; ++sweep) follower_.Settle(later);
  EXPECT_EQ(follower_.tracked(), 0u);
}

TEST_F(MapWriterFollowTest, RefusesWhatItCannotFollow) {
  Pair(WithBackends({1, 2}));
  const ServiceAddress unknown = {IPPROTO_TCP, kService.vip, 81};
  EXPECT_TRUE(
      absl::IsNotFound(follower_.writer()
                           .tracker()
                           .Follow(unknown, {kTableSize, {}}, {}, kStart)
                           .status()));
  const absl::Status other_size = follower_.writer()
                                      .tracker()
                                      .Follow(kService, {13, {}}, {}, kStart)
                                      .status();
  EXPECT_TRUE(absl::IsFailedPrecondition(other_size)) << other_size;
  EXPECT_EQ(other_size.message(),
            "tcp:10.0.0.200:80 has a table of 251 slots, there of 13");
  const std::vector<SlotPlace> places(13);
  EXPECT_TRUE(absl::IsNotFound(
      follower_.writer().tracker().Follow(unknown, places, kStart).status()));
  EXPECT_EQ(
      follower_.writer().tracker().Follow(kService, places, kStart).status(),
      other_size);
}

TEST_F(MapWriterFollowTest, IsUsedOnceThereWerePackets) {
  follower_.Write(WithBackends({1}), kStart);
  EXPECT_FALSE(follower_.writer().tracker().IsUsed(kService));
  follower_.Use();
  EXPECT_TRUE(follower_.writer().tracker().IsUsed(kService));
  EXPECT_FALSE(
      follower_.writer().tracker().IsUsed({IPPROTO_TCP, kService.vip, 81}));
  leader_.writer().tracker().AssumeUsed({kService});
  EXPECT_TRUE(leader_.writer().tracker().IsUsed(kService));
}

// What happens to a service's backends.
class Life {
 public:
  explicit Life(uint32_t seed) : random_(seed) {
    history_.push_back(WithBackends({1, 2, 3}));
  }

  uint32_t Below(uint32_t end) { return random_() % end; }

  // As it was after so many changes.
  const SnapshotService& At(size_t age) {
    while (history_.size() <= age) history_.push_back(Change(history_.back()));
    return history_[age];
  }

 private:
  SnapshotService Change(SnapshotService service) {
    const Ipv4Address address = Backend(1 + Below(6));
    switch (Below(6)) {
      case 0:
        service.backends.erase(address);
        break;
      case 1:
        service.backends[address] = {0, true};  // drains
        break;
      case 2:
        service.backends[address] = {0, false};  // failed
        break;
      default:
        service.backends[address] = {1 + Below(200), true};
    }
    return service;
  }

  std::mt19937 random_;
  std::vector<SnapshotService> history_;
};

// Each sees the same changes, at its own pace; after everything that one of
// them does the follower hears of the leader's slots.
TEST_F(MapWriterFollowTest, PlacesAreTheSameWhoeverChangesFirst) {
  for (uint32_t seed = 1; seed <= 20 && !HasFailure(); ++seed) {
    Life life(seed);
    leader_ = Balancer(1);
    follower_ = Balancer(2);
    Pair(life.At(0));
    size_t leaders_age = 0, followers_age = 0;
    MapWriter::TimePoint now = kStart;
    for (int step = 0; step < 100 && !HasFailure(); ++step) {
      SCOPED_TRACE(testing::Message() << "seed " << seed << " step " << step);
      now += seconds(life.Below(60));
      switch (life.Below(4)) {
        case 0:
          leader_.Settle(now);
          break;
        case 1:
          follower_.Settle(now);
          break;
        case 2:
          leaders_age += life.Below(3);
          leader_.Write(life.At(leaders_age), now);
          break;
        default:
          followers_age += life.Below(3);
          follower_.Write(life.At(followers_age), now);
      }
      Follow(now);
      ExpectSamePlaces();
    }
    const size_t end = std::max(leaders_age, followers_age);
    leader_.Write(life.At(end), now);
    follower_.Write(life.At(end), now);
    Follow(now);
    ExpectSamePlaces();
    ExpectSameTracked();
  }
}

}  // namespace
}  // namespace l275
