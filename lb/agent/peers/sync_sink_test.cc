#include "lb/agent/peers/sync_sink.h"

#include <bpf/bpf.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "lb/agent/maps/tick.h"
#include "lb/agent/peers/sync_messages.h"
#include "lb/agent/publish/map_contents.h"

namespace l275 {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr seconds kIdle{900};
constexpr uint32_t kTableSize = 131;
constexpr Ipv4Address kVip = Ipv4Address::FromHost(0x0a0000c8);
constexpr Ipv4Address kOne = Ipv4Address::FromHost(0x0a000101);
constexpr Ipv4Address kTwo = Ipv4Address::FromHost(0x0a000102);
constexpr Ipv4Address kPeer = Ipv4Address::FromHost(0x0a010002);
constexpr Ipv4Address kOther = Ipv4Address::FromHost(0x0a010003);
const ServiceAddress kService = {IPPROTO_TCP, kVip, 80};
constexpr char kSeed[] = "same seed";

// Of a client, to kService.
l275_flow_key Key(uint32_t source) {
  return {htonl(source), kVip.ToNetwork(), htons(1025),
          htons(80),     IPPROTO_TCP,      {}};
}

class SyncSinkTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto maps = Maps::Create({2, 8, 512, 64});
    ASSERT_TRUE(maps.ok()) << maps.status();
    maps_ = *std::move(maps);
    writer_ = std::make_unique<MapWriter>(maps_.get(), /*hash_seed=*/1);
    Write({kOne, kTwo});
    SyncSink::Callbacks callbacks;
    callbacks.owes = [this](Ipv4Address) { return owes_; };
    callbacks.ask = [this](Ipv4Address peer) { asked_.push_back(peer); };
    callbacks.asked = [this](Ipv4Address peer) { wanted_.push_back(peer); };
    callbacks.same_seed = [](Ipv4Address, const std::string& tag) {
      return tag == kSeed;
    };
    sink_ =
        std::make_unique<SyncSink>(std::set<Ipv4Address>{kPeer, kOther},
                                   writer_.get(), kIdle, std::move(callbacks));
  }

  void Write(const std::set<Ipv4Address>& alive) {
    Snapshot snapshot;
    SnapshotService& service = snapshot.services[kService];
    service.table_size = kTableSize;
    for (const Ipv4Address backend : alive) service.backends[backend] = {100};
    const absl::Status written = writer_->Write(snapshot, steady_clock::now());
    ASSERT_TRUE(written.ok()) << written;
    if (sink_ != nullptr) sink_->OnTablesWritten();
  }

  void Alive(Ipv4Address peer, const std::set<Ipv4Address>& vips) {
    sync::Message message;
    message.mutable_alive();
    for (const Ipv4Address vip : vips) {
      message.mutable_alive()->add_held_vip(vip.ToHost());
    }
    sink_->OnMessage(peer, message);
  }

  // A session begins.
  void Begin(Ipv4Address peer, const std::set<Ipv4Address>& vips,
             const std::string& seed = kSeed) {
    sync::Message hello;
    hello.mutable_hello();
    sink_->OnMessage(peer, hello);
    Alive(peer, vips);
    for (const sync::Message& message :
         DeclaredMessages("declared", seed, kIdle)) {
      sink_->OnMessage(peer, message);
    }
  }

  // All slots are the backend's there.
  void TellTable(Ipv4Address peer, Ipv4Address backend) {
    sink_->OnMessage(peer, TableMessage(kService, {kTableSize, {{backend, 1}}},
                                        /*used=*/true, {}));
  }

  void TellFlow(Ipv4Address peer, uint32_t source, Ipv4Address backend) {
    sync::Message message;
    sync::Flows& flows = *message.mutable_flows();
    *flows.mutable_service() = NameOfService(kService);
    flows.add_backend(backend.ToHost());
    flows.add_source(source);
    flows.add_ports(1025u << 16 | 80);
    flows.add_at(0);
    flows.add_age(0);
    sink_->OnMessage(peer, message);
  }

  // 0.0.0.0: the flow has no entry.
  Ipv4Address EntryOf(uint32_t source) const {
    const l275_flow_key key = Key(source);
    l275_flow flow = {};
    if (bpf_map_lookup_elem(maps_->flows_fd(), &key, &flow) != 0) return {};
    return Ipv4Address::FromNetwork(maps_->backends()[flow.backend].address);
  }

  uint32_t tracked() const { return writer_->tracker().tracked(); }
  const SyncPeerState& StateOf(Ipv4Address peer) const {
    return sink_->peers().at(peer);
  }

  std::unique_ptr<Maps> maps_;
  std::unique_ptr<MapWriter> writer_;
  std::unique_ptr<SyncSink> sink_;
  bool owes_ = false;
  std::vector<Ipv4Address> asked_;   // of us, by us
  std::vector<Ipv4Address> wanted_;  // those who asked us
};

using Addresses = std::vector<Ipv4Address>;

TEST_F(SyncSinkTest, FollowsWhoHoldsTheVip) {
  Begin(kPeer, {kVip});
  EXPECT_TRUE(writer_->tracker().IsFollowed(kService));
  TellTable(kPeer, kOne);
  EXPECT_GT(tracked(), kTableSize / 4);
  EXPECT_TRUE(writer_->tracker().IsUsed(kService));
  sink_->OnGone(kPeer);
  EXPECT_FALSE(writer_->tracker().IsFollowed(kService));
  EXPECT_GT(tracked(), 0u);
}

TEST_F(SyncSinkTest, FollowsNobodyWhoDoesNotHoldTheVip) {
  Begin(kPeer, {});
  EXPECT_FALSE(writer_->tracker().IsFollowed(kService));
  TellTable(kPeer, kOne);
  EXPECT_EQ(tracked(), 0u);
}

TEST_F(SyncSinkTest, FollowsNobodyWhileTheVipIsHere) {
  sink_->SetHeld({kVip});
  Begin(kPeer, {kVip});
  TellTable(kPeer, kOne);
  EXPECT_FALSE(writer_->tracker().IsFollowed(kService));
  EXPECT_EQ(tracked(), 0u);
}

// Its slots are other flows'.
TEST_F(SyncSinkTest, FollowsNobodyWithAnotherSeed) {
  Begin(kPeer, {kVip}, "another seed");
  TellTable(kPeer, kOne);
  EXPECT_FALSE(writer_->tracker().IsFollowed(kService));
  EXPECT_EQ(tracked(), 0u);
  EXPECT_FALSE(writer_->tracker().IsUsed(kService));
}

TEST_F(SyncSinkTest, ANewSessionHasToSayItsSeedAgain) {
  Begin(kPeer, {kVip});
  sync::Message hello;
  hello.mutable_hello();
  sink_->OnMessage(kPeer, hello);
  TellTable(kPeer, kOne);
  EXPECT_EQ(tracked(), 0u);
}

// Before the peer knows what is here.
TEST_F(SyncSinkTest, FollowsNothingThatWouldLoseFlows) {
  Begin(kPeer, {kVip});
  TellTable(kPeer, kOne);
  const uint32_t before = tracked();
  owes_ = true;
  TellTable(kPeer, kTwo);
  TellTable(kPeer, kTwo);
  EXPECT_EQ(tracked(), before);
  sink_->OnPaid();
  EXPECT_TRUE(asked_.empty());
  owes_ = false;
  sink_->OnPaid();
  EXPECT_EQ(asked_, Addresses{kPeer});
  // It may not have been heard.
  sink_->OnPaid();
  EXPECT_EQ(asked_, (Addresses{kPeer, kPeer}));
  sync::Message begin;
  begin.mutable_resync_begin();
  sink_->OnMessage(kPeer, begin);
  sink_->OnPaid();
  EXPECT_EQ(asked_, (Addresses{kPeer, kPeer}));
  TellTable(kPeer, kTwo);
  EXPECT_NE(tracked(), before);
}

TEST_F(SyncSinkTest, WithoutFlowsItOwesNothing) {
  owes_ = true;
  Begin(kPeer, {kVip});
  TellTable(kPeer, kOne);
  EXPECT_GT(tracked(), 0u);
}

// Though with its first slots there is something that it could owe.
TEST_F(SyncSinkTest, FollowsAllOfAResyncOrNothing) {
  owes_ = true;
  Begin(kPeer, {kVip});
  sync::Message message;
  message.mutable_resync_begin();
  sink_->OnMessage(kPeer, message);
  const std::vector<SlotRange> ranges = {{0, 1, {kOne}}, {1, 1, {kTwo}}};
  sink_->OnMessage(
      kPeer, TableMessage(kService, {kTableSize, {{kOne, 100}, {kTwo, 100}}},
                          true, ranges));
  for (const SlotRange& range : ranges) {
    for (const sync::Message& slots : SlotsMessages(kService, {range})) {
      sink_->OnMessage(kPeer, slots);
    }
  }
  EXPECT_EQ(tracked(), 2u);
  message.mutable_resync_end();
  sink_->OnMessage(kPeer, message);
  EXPECT_TRUE(StateOf(kPeer).resynced.has_value());
  sink_->OnPaid();
  EXPECT_TRUE(asked_.empty());
}

TEST_F(SyncSinkTest, IsNotResyncedByWhatItDidNotFollow) {
  Begin(kPeer, {kVip});
  TellTable(kPeer, kOne);
  owes_ = true;
  sync::Message message;
  message.mutable_resync_begin();
  sink_->OnMessage(kPeer, message);
  TellTable(kPeer, kTwo);
  // Even if it is paid by now.
  owes_ = false;
  message.mutable_resync_end();
  sink_->OnMessage(kPeer, message);
  EXPECT_FALSE(StateOf(kPeer).resynced.has_value());
  sink_->OnPaid();
  EXPECT_EQ(asked_, Addresses{kPeer});
}

TEST_F(SyncSinkTest, KeepsNothingOfServicesThatAreNotHere) {
  Begin(kPeer, {kVip});
  ServiceAddress other = kService;
  other.port = 81;
  sink_->OnMessage(kPeer,
                   TableMessage(other, {kTableSize, {{kOne, 1}}}, true, {}));
  EXPECT_EQ(StateOf(kPeer).problem, "there is no service tcp:10.0.0.200:81");
  EXPECT_FALSE(writer_->tracker().IsUsed(other));
  // It may be, later.
  Write({kOne, kTwo});
  Write({kOne});
  EXPECT_EQ(asked_, Addresses{kPeer});
}

TEST_F(SyncSinkTest, AsksAgainOnceABackendIsKnown) {
  Write({kOne});
  asked_.clear();
  Begin(kPeer, {kVip});
  TellTable(kPeer, kTwo);
  EXPECT_EQ(StateOf(kPeer).unknown_priors, kTableSize);
  TellFlow(kPeer, 1, kTwo);
  EXPECT_EQ(StateOf(kPeer).flows.unknown, 1u);
  EXPECT_TRUE(asked_.empty());
  Write({kOne, kTwo});
  EXPECT_EQ(asked_, Addresses{kPeer});
  Write({kOne, kTwo});
  EXPECT_EQ(asked_.size(), 1u);
}

// What was heard of it has been forgotten with its death.
TEST_F(SyncSinkTest, AsksAgainWhenABackendIsBackHereAlone) {
  Begin(kPeer, {kVip});
  Write({kOne});
  EXPECT_TRUE(asked_.empty());
  Write({kOne, kTwo});
  EXPECT_EQ(asked_, Addresses{kPeer});
}

TEST_F(SyncSinkTest, AsksWhoIsLeftWhenOneOfTwoGivesTheVipUp) {
  sink_->SetHeld({kVip});
  Begin(kPeer, {kVip});
  Begin(kOther, {kVip});
  EXPECT_TRUE(asked_.empty());
  sink_->SetHeld({});
  EXPECT_EQ(asked_, (Addresses{kPeer, kOther}));
  asked_.clear();
  Alive(kOther, {});
  EXPECT_EQ(asked_, Addresses{kPeer});
  asked_.clear();
  Alive(kOther, {kVip});
  EXPECT_TRUE(asked_.empty());
  sink_->OnGone(kPeer);
  EXPECT_EQ(asked_, Addresses{kOther});
}

// Of a VIP that nobody holds, or that is here.
TEST_F(SyncSinkTest, EntriesComeBesideThoseThatAreHere) {
  Begin(kPeer, {});
  for (uint32_t source = 1; source <= 20; ++source) {
    TellFlow(kPeer, source, kOne);
    TellFlow(kPeer, source, kTwo);
  }
  const FlowImporter::Result& flows = StateOf(kPeer).flows;
  EXPECT_EQ(flows.stored + flows.needless + flows.kept, 40u);
  EXPECT_GT(flows.stored, 0u);
  EXPECT_GT(flows.kept, 0u);
  std::map<uint32_t, Ipv4Address> before;
  for (uint32_t source = 1; source <= 20; ++source) {
    before[source] = EntryOf(source);
  }
  // Who holds the VIP is believed.
  Alive(kPeer, {kVip});
  for (const auto& [source, backend] : before) {
    if (backend == Ipv4Address()) continue;
    TellFlow(kPeer, source, backend == kOne ? kTwo : kOne);
    EXPECT_EQ(EntryOf(source), backend == kOne ? kTwo : kOne);
  }
}

TEST_F(SyncSinkTest, WhatALaterVersionSaysIsIgnored) {
  Begin(kPeer, {kVip});
  // Field 100, which there is not.
  sync::Message message;
  ASSERT_TRUE(message.ParseFromString("\xa2\x06\x01x"));
  sink_->OnMessage(kPeer, message);
  EXPECT_EQ(StateOf(kPeer).malformed, 0u);
  EXPECT_TRUE(StateOf(kPeer).problem.empty());
}

TEST_F(SyncSinkTest, CountsWhatContradictsItself) {
  Begin(kPeer, {kVip});
  sync::Message table =
      TableMessage(kService, {kTableSize, {{kOne, 1}}}, true, {});
  table.mutable_table()->add_weight(1);
  sink_->OnMessage(kPeer, table);
  EXPECT_EQ(StateOf(kPeer).malformed, 1u);
  EXPECT_EQ(StateOf(kPeer).problem,
            "a message with backends and weights that are not as many");
  EXPECT_EQ(tracked(), 0u);
}

TEST_F(SyncSinkTest, SaysWhenTablesAreOfAnotherSize) {
  Begin(kPeer, {kVip});
  sink_->OnMessage(kPeer, TableMessage(kService, {13, {{kOne, 1}}}, true, {}));
  EXPECT_EQ(StateOf(kPeer).malformed, 0u);
  EXPECT_EQ(StateOf(kPeer).problem,
            "tcp:10.0.0.200:80 has a table of 131 slots, there of 13");
  sync::Message begin;
  begin.mutable_resync_begin();
  sink_->OnMessage(kPeer, begin);
  EXPECT_TRUE(StateOf(kPeer).problem.empty());
}

TEST_F(SyncSinkTest, SlotsWithoutATableAreIgnored) {
  Begin(kPeer, {kVip});
  for (const sync::Message& message :
       SlotsMessages(kService, {{0, 1, {kOne}}})) {
    sink_->OnMessage(kPeer, message);
  }
  EXPECT_EQ(tracked(), 0u);
  EXPECT_EQ(StateOf(kPeer).malformed, 0u);
}

TEST_F(SyncSinkTest, IsResyncedOnceEveryPeerHasSaidAll) {
  for (const Ipv4Address peer : {kPeer, kOther}) {
    EXPECT_FALSE(sink_->resynced());
    Begin(peer, {});
    sync::Message message;
    message.mutable_resync_begin();
    sink_->OnMessage(peer, message);
    EXPECT_TRUE(StateOf(peer).resyncing);
    message.mutable_resync_end();
    sink_->OnMessage(peer, message);
    EXPECT_FALSE(StateOf(peer).resyncing);
  }
  EXPECT_TRUE(sink_->resynced());
}

TEST_F(SyncSinkTest, PutsTogetherWhatIsDeclared) {
  const std::string services(300 << 10, 's');
  for (int times = 0; times < 2; ++times) {
    for (const sync::Message& part :
         DeclaredMessages(services, kSeed, seconds(7))) {
      sink_->OnMessage(kPeer, part);
    }
    ASSERT_TRUE(StateOf(kPeer).declared.has_value());
    EXPECT_EQ(StateOf(kPeer).declared->services(), services);
    EXPECT_EQ(StateOf(kPeer).declared->tcp_idle_timeout_s(), 7u);
  }
}

TEST_F(SyncSinkTest, HandsOnThatThePeerAsks) {
  sync::Message message;
  message.mutable_resync_request();
  sink_->OnMessage(kOther, message);
  EXPECT_EQ(wanted_, Addresses{kOther});
}

}  // namespace
}  // namespace l275
