#include "lb/agent/peers/sync_source.h"

#include <gtest/gtest.h>
#include <netinet/in.h>

#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "common/event/libevent_ptr.h"
#include "common/testing/virtual_clock.h"
#include "lb/agent/maps/tick.h"
#include "lb/agent/peers/sync_messages.h"
#include "lb/agent/publish/map_contents.h"

namespace l275 {
namespace {

using std::chrono::seconds;
using What = sync::Message::WhatCase;

constexpr seconds kIdle{40};
constexpr std::chrono::nanoseconds kTick{1 << L275_TICK_SHIFT};
constexpr int kRefreshPasses = 9;  // a quarter of the idle timeout, in ticks
constexpr uint32_t kTableSize = 131;
constexpr Ipv4Address kVip = Ipv4Address::FromHost(0x0a0000c8);
constexpr Ipv4Address kOne = Ipv4Address::FromHost(0x0a000101);
constexpr Ipv4Address kTwo = Ipv4Address::FromHost(0x0a000102);
constexpr Ipv4Address kPeer = Ipv4Address::FromHost(0x0a010002);
constexpr Ipv4Address kOther = Ipv4Address::FromHost(0x0a010003);
const ServiceAddress kService = {IPPROTO_TCP, kVip, 80};
const ServiceAddress kAllPorts = {IPPROTO_TCP, kVip, 0};

// Remembers what is sent to whom is connected.
class Recorder : public SyncSource::Peers {
 public:
  bool IsConnected(Ipv4Address peer) const override {
    return connected.count(peer) > 0;
  }
  void Send(Ipv4Address peer, const sync::Message& message) override {
    if (IsConnected(peer)) sent.emplace_back(peer, message);
  }
  size_t UnsentBytes(Ipv4Address peer) const override {
    return peer == slow ? 64 << 20 : 0;
  }

  std::set<Ipv4Address> connected;
  Ipv4Address slow;
  std::vector<std::pair<Ipv4Address, sync::Message>> sent;
};

class SyncSourceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto maps = Maps::Create({2, 8, 512, 64});
    ASSERT_TRUE(maps.ok()) << maps.status();
    maps_ = *std::move(maps);
    writer_ = std::make_unique<MapWriter>(maps_.get(), /*hash_seed=*/1);
    Write({{kService, 100}});
    MarkUsed(*maps_, Service());
    keeper_ = std::make_unique<FlowKeeper>(base_.get(), maps_.get(),
                                           writer_.get(), kIdle);
    source_ = std::make_unique<SyncSource>(std::set<Ipv4Address>{kPeer, kOther},
                                           maps_.get(), writer_.get(),
                                           keeper_.get(), kIdle, &peers_);
  }

  // Services of both backends, with this weight of backend one.
  void Write(const std::vector<std::pair<ServiceAddress, uint32_t>>& services) {
    Snapshot snapshot;
    for (const auto& [address, weight] : services) {
      snapshot.services[address] = {kTableSize,
                                    {{kOne, {weight}}, {kTwo, {100}}}};
    }
    const absl::Status written =
        writer_->Write(snapshot, std::chrono::steady_clock::now());
    ASSERT_TRUE(written.ok()) << written;
    if (source_ != nullptr) source_->OnTablesWritten();
  }
  void Drain() { Write({{kService, 0}}); }

  const WrittenService& Service() const {
    return writer_->services().at(kService);
  }

  void Connect(Ipv4Address peer) {
    peers_.connected.insert(peer);
    source_->OnConnected(peer);
  }

  // An entry of a flow at backend one, in a slot of the service.
  l275_flow Entry(uint32_t age = 0) const {
    const uint32_t id = Service().backends.at(kOne).id;
    return {id, maps_->backends()[id].generation,
            TickOf(std::chrono::steady_clock::now()) - age,
            Service().first_slot};
  }
  static l275_flow_key Key(uint32_t source) {
    return {htonl(source), kVip.ToNetwork(), htons(1025),
            htons(80),     IPPROTO_TCP,      {}};
  }

  void Pass(const std::vector<std::pair<l275_flow_key, l275_flow>>& entries) {
    source_->OnPassBegin();
    for (const auto& [key, flow] : entries) source_->OnFlow(key, flow);
    source_->OnPassEnd();
  }

  // A tick later, which shows an entry of this age.
  void PassInATick(uint32_t age) {
    VirtualClock::Advance(kTick);
    Pass({{Key(1), Entry(age)}});
  }

  std::vector<sync::Message> TakeSent(Ipv4Address peer, What what) {
    std::vector<sync::Message> messages;
    for (const auto& [to, message] : std::exchange(peers_.sent, {})) {
      if (to == peer && message.what_case() == what)
        messages.push_back(message);
    }
    return messages;
  }
  std::vector<What> TakeKinds(Ipv4Address peer) {
    std::vector<What> kinds;
    for (const auto& [to, message] : std::exchange(peers_.sent, {})) {
      if (to == peer) kinds.push_back(message.what_case());
    }
    return kinds;
  }

  VirtualClock clock_;
  EventBasePtr base_{event_base_new()};
  Recorder peers_;
  std::unique_ptr<Maps> maps_;
  std::unique_ptr<MapWriter> writer_;
  std::unique_ptr<FlowKeeper> keeper_;
  std::unique_ptr<SyncSource> source_;
};

TEST_F(SyncSourceTest, OwesUntilAPassIsOver) {
  EXPECT_TRUE(source_->Owes(kPeer));
  Connect(kPeer);
  EXPECT_TRUE(source_->Owes(kPeer));
  source_->OnPassBegin();
  EXPECT_TRUE(source_->Owes(kPeer));
  source_->OnPassEnd();
  EXPECT_FALSE(source_->Owes(kPeer));
  EXPECT_TRUE(source_->Owes(kOther));

  peers_.connected.clear();
  EXPECT_TRUE(source_->Owes(kPeer));
  Connect(kPeer);
  EXPECT_TRUE(source_->Owes(kPeer));
}

TEST_F(SyncSourceTest, ANewSessionIsToldEverything) {
  source_->SetHeld({kVip});
  Drain();
  Connect(kPeer);
  Pass({{Key(1), Entry()}});
  EXPECT_EQ(TakeKinds(kPeer),
            (std::vector<What>{What::kAlive, What::kResyncBegin, What::kTable,
                               What::kSlots, What::kFlows, What::kResyncEnd}));
  EXPECT_EQ(source_->resyncs(), 1u);
}

// Of a VIP that is elsewhere.
TEST_F(SyncSourceTest, FlowsAreToldAlsoOfOtherVips) {
  Drain();
  Connect(kPeer);
  Pass({{Key(1), Entry()}});
  EXPECT_EQ(TakeKinds(kPeer),
            (std::vector<What>{What::kAlive, What::kResyncBegin, What::kFlows,
                               What::kResyncEnd}));
}

TEST_F(SyncSourceTest, TellsEverythingAtMostEveryTwoSeconds) {
  Connect(kPeer);
  Pass({});
  source_->Resync(kPeer);
  VirtualClock::Advance(seconds(1));
  Pass({});
  EXPECT_EQ(source_->resyncs(), 1u);
  VirtualClock::Advance(seconds(1));
  Pass({});
  EXPECT_EQ(source_->resyncs(), 2u);
  VirtualClock::Advance(seconds(5));
  Pass({});
  EXPECT_EQ(source_->resyncs(), 2u);
}

TEST_F(SyncSourceTest, APassThatCameToNoEndIsMadeAgain) {
  Connect(kPeer);
  source_->OnPassBegin();
  Pass({});
  EXPECT_EQ(TakeSent(kPeer, What::kResyncEnd).size(), 1u);
  EXPECT_FALSE(source_->Owes(kPeer));
}

TEST_F(SyncSourceTest, APassWaitsForThosePeersThatAreToldAll) {
  Connect(kPeer);
  Connect(kOther);
  Pass({});
  peers_.slow = kPeer;
  EXPECT_TRUE(source_->IsReady());
  Connect(kPeer);
  source_->OnPassBegin();
  EXPECT_FALSE(source_->IsReady());
  peers_.slow = {};
  EXPECT_TRUE(source_->IsReady());
  source_->OnPassEnd();
}

// Peers are to follow it from now on.
TEST_F(SyncSourceTest, AVipThatComesHereIsToldAtOnce) {
  Drain();
  Connect(kPeer);
  Pass({});
  peers_.sent.clear();
  source_->SetHeld({kVip});
  EXPECT_EQ(TakeKinds(kPeer),
            (std::vector<What>{What::kAlive, What::kTable, What::kSlots}));
  Pass({});
  EXPECT_EQ(source_->resyncs(), 2u);
  peers_.sent.clear();

  source_->SetHeld({kVip});
  EXPECT_EQ(TakeKinds(kPeer), std::vector<What>{What::kAlive});
  source_->SetHeld({});
  EXPECT_EQ(TakeKinds(kPeer), std::vector<What>{What::kAlive});
  VirtualClock::Advance(seconds(5));
  Pass({});
  EXPECT_EQ(source_->resyncs(), 2u);
}

TEST_F(SyncSourceTest, TellsAChangeOnce) {
  Connect(kPeer);
  source_->SetHeld({kVip});
  peers_.sent.clear();
  Drain();
  EXPECT_EQ(TakeKinds(kPeer), (std::vector<What>{What::kTable, What::kSlots}));
  Drain();
  EXPECT_TRUE(TakeKinds(kPeer).empty());
  source_->SetHeld({});
  Write({{kService, 50}});
  EXPECT_TRUE(TakeSent(kPeer, What::kTable).empty());
}

TEST_F(SyncSourceTest, TellsWhatAPassSettled) {
  Connect(kPeer);
  source_->SetHeld({kVip});
  Drain();
  Pass({});
  peers_.sent.clear();
  VirtualClock::Advance(2 * kIdle);
  // The owner becomes the prior; then the slot is untracked.
  for (const bool tracked : {true, false}) {
    writer_->tracker().Settle([](uint32_t) { return false; }, TicksOf(kIdle),
                              std::chrono::steady_clock::now());
    Pass({});
    const std::vector<sync::Message> slots = TakeSent(kPeer, What::kSlots);
    ASSERT_EQ(slots.size(), 1u);
    const auto ranges = RangesOfMessage(slots[0].slots(), kTableSize);
    ASSERT_TRUE(ranges.ok()) << ranges.status();
    EXPECT_EQ(ranges->size(), 3u);
    for (const SlotRange& range : *ranges) {
      EXPECT_EQ(range.tracked != 0, tracked);
      for (const Ipv4Address prior : range.priors) EXPECT_EQ(prior, kTwo);
    }
  }
  Pass({});
  EXPECT_TRUE(TakeKinds(kPeer).empty());
}

// For its peers not to take the flow for over.
TEST_F(SyncSourceTest, TellsAnEntryAgainOnceInAWhile) {
  Drain();
  Connect(kPeer);
  Pass({});
  peers_.sent.clear();
  for (int pass = 0; pass < kRefreshPasses; ++pass) PassInATick(0);
  EXPECT_EQ(TakeSent(kPeer, What::kFlows).size(), 1u);

  // However long passes take.
  VirtualClock::Advance(kRefreshPasses * kTick);
  PassInATick(0);
  EXPECT_EQ(TakeSent(kPeer, What::kFlows).size(), 1u);

  // It sends nothing any more.
  for (int pass = 0; pass < kRefreshPasses; ++pass) {
    PassInATick(2 * kRefreshPasses + 2);
  }
  EXPECT_TRUE(TakeSent(kPeer, What::kFlows).empty());

  // Another one says it.
  writer_->tracker().SetFollowed({kService}, std::chrono::steady_clock::now());
  for (int pass = 0; pass < kRefreshPasses; ++pass) PassInATick(0);
  EXPECT_TRUE(TakeSent(kPeer, What::kFlows).empty());
}

TEST_F(SyncSourceTest, TellsNewsOfAdoptedBackends) {
  Drain();
  Connect(kPeer);
  l275_flow void_entry = Entry();
  ++void_entry.generation;
  source_->OnNews({{Key(1), Entry()}, {Key(2), void_entry}});
  const std::vector<sync::Message> sent = TakeSent(kPeer, What::kFlows);
  ASSERT_EQ(sent.size(), 1u);
  const auto flows = FlowsOfMessage(sent[0].flows(), kService);
  ASSERT_TRUE(flows.ok()) << flows.status();
  ASSERT_EQ(flows->size(), 1u);
  EXPECT_EQ((*flows)[0].key.source, htonl(1));
  EXPECT_EQ((*flows)[0].backend, kOne);
  EXPECT_EQ(source_->flows_told(), 1u);
}

// Or the older would be believed.
TEST_F(SyncSourceTest, WhatAPassSawIsToldBeforeNews) {
  Drain();
  Connect(kPeer);
  source_->OnPassBegin();
  source_->OnFlow(Key(1), Entry());
  l275_flow newer = Entry();
  newer.backend = Service().backends.at(kTwo).id;
  newer.generation = maps_->backends()[newer.backend].generation;
  source_->OnNews({{Key(1), newer}});
  source_->OnPassEnd();
  const std::vector<sync::Message> sent = TakeSent(kPeer, What::kFlows);
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_EQ(sent[0].flows().backend(0), kOne.ToHost());
  EXPECT_EQ(sent[1].flows().backend(0), kTwo.ToHost());
}

// From when all ports were one service.
TEST_F(SyncSourceTest, EntriesOfAnotherServicesSlotsAreNotTold) {
  Write({{kService, 0}, {kAllPorts, 100}});
  Connect(kPeer);
  Pass({});
  peers_.sent.clear();
  l275_flow entry = Entry();
  entry.slot = writer_->services().at(kAllPorts).first_slot;
  source_->OnNews({{Key(1), entry}});
  EXPECT_TRUE(TakeSent(kPeer, What::kFlows).empty());
}

}  // namespace
}  // namespace l275
