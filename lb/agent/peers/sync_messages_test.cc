#include "lb/agent/peers/sync_messages.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "common/abi/flow_mark.h"
#include "lb/agent/peers/wire/sync_wire.h"

namespace l275 {
namespace {

constexpr uint32_t kSlots = 131;  // two ranges, and three slots
constexpr uint32_t kLargestTable = 8388593;
const ServiceAddress kService = {IPPROTO_TCP, Ipv4Address::FromHost(0x0a0000c8),
                                 80};

Ipv4Address Backend(uint32_t number) {
  return Ipv4Address::FromHost(0x0a010000 + number);
}

PortableTable TableOf(uint32_t slots, uint32_t backends) {
  PortableTable table;
  table.slots = slots;
  for (uint32_t i = 0; i < backends; ++i) {
    table.backends.push_back({Backend(i), UINT32_MAX - i});
  }
  return table;
}

// All slots are tracked; priors take turns.
std::vector<SlotRange> WholeTable(uint32_t slots, uint32_t backends) {
  std::vector<SlotRange> ranges;
  for (uint32_t i = 0; i < RangesOf(slots); ++i) {
    SlotRange& range = ranges.emplace_back();
    range.index = i;
    for (uint32_t bit = 0; bit < 64 && 64 * i + bit < slots; ++bit) {
      range.tracked |= uint64_t{1} << bit;
      range.priors.push_back(Backend((64 * i + bit) % backends));
    }
  }
  return ranges;
}

// As a peer gets it.
sync::Message Carried(const sync::Message& message) {
  EXPECT_LE(message.ByteSizeLong(), kMaxSyncMessageBytes);
  sync::Message carried;
  EXPECT_TRUE(carried.ParseFromString(message.SerializeAsString()));
  return carried;
}

std::vector<SlotRange> CarriedRanges(absl::Span<const SlotRange> ranges,
                                     uint32_t slots) {
  std::vector<SlotRange> all;
  for (const sync::Message& message : SlotsMessages(kService, ranges)) {
    const auto carried = RangesOfMessage(Carried(message).slots(), slots);
    EXPECT_TRUE(carried.ok()) << carried.status();
    if (carried.ok()) all.insert(all.end(), carried->begin(), carried->end());
  }
  return all;
}

TEST(SyncMessagesTest, NamesAService) {
  for (const ServiceAddress& address :
       {kService,
        ServiceAddress{IPPROTO_UDP, Ipv4Address::FromHost(0xffffffff), 65535},
        ServiceAddress{255, Ipv4Address(), 0}}) {
    const auto named = ServiceOfName(NameOfService(address));
    ASSERT_TRUE(named.ok()) << named.status();
    EXPECT_TRUE(*named == address) << named->ToString();
  }
}

TEST(SyncMessagesTest, RefusesAServiceThatCannotBe) {
  sync::ServiceName port = NameOfService(kService);
  port.set_port(65536);
  EXPECT_TRUE(absl::IsInvalidArgument(ServiceOfName(port).status()));
  sync::ServiceName protocol = NameOfService(kService);
  protocol.set_protocol(256);
  EXPECT_TRUE(absl::IsInvalidArgument(ServiceOfName(protocol).status()));
}

TEST(SyncMessagesTest, CarriesATable) {
  const PortableTable table = TableOf(kSlots, 3);
  const sync::Message message = Carried(
      TableMessage(kService, table, /*used=*/true, {{1, 1, {Backend(0)}}}));
  EXPECT_TRUE(*ServiceOfName(message.table().service()) == kService);
  EXPECT_TRUE(message.table().used());
  const auto carried = TableOfMessage(message.table());
  ASSERT_TRUE(carried.ok()) << carried.status();
  EXPECT_TRUE(*carried == table);
  const std::vector<SlotRange> others = {{0}, {2}};
  EXPECT_EQ(UntrackedRangesOfMessage(message.table()), others);
}

TEST(SyncMessagesTest, CarriesAnEmptyTable) {
  const sync::Message message =
      Carried(TableMessage(kService, TableOf(2, 0), /*used=*/false, {}));
  const auto carried = TableOfMessage(message.table());
  ASSERT_TRUE(carried.ok()) << carried.status();
  EXPECT_TRUE(carried->backends.empty());
  EXPECT_FALSE(message.table().used());
  EXPECT_EQ(UntrackedRangesOfMessage(message.table()).size(), 1u);
}

TEST(SyncMessagesTest, CarriesTheLargestTable) {
  std::vector<SlotRange> all(RangesOf(kLargestTable));
  for (uint32_t i = 0; i < all.size(); ++i) all[i].index = i;
  const sync::Message message =
      Carried(TableMessage(kService, TableOf(kLargestTable, 10000), true, all));
  ASSERT_TRUE(TableOfMessage(message.table()).ok());
  EXPECT_TRUE(UntrackedRangesOfMessage(message.table()).empty());
}

TEST(SyncMessagesTest, CarriesSlots) {
  const std::vector<SlotRange> ranges = {
      {0, 0, {}},
      {1, uint64_t{1} << 63 | 1, {Backend(7), Ipv4Address()}},
      {2, 0x5, {Backend(1), Backend(7)}}};
  EXPECT_EQ(CarriedRanges(ranges, kSlots), ranges);
  EXPECT_TRUE(SlotsMessages(kService, {}).empty());
}

// In messages that are not too large, each with the backends that it names.
TEST(SyncMessagesTest, CarriesManySlotsOfManyBackends) {
  const std::vector<SlotRange> ranges = WholeTable(1000003, 100000);
  EXPECT_EQ(CarriedRanges(ranges, 1000003), ranges);
}

TEST(SyncMessagesTest, CarriesFlows) {
  sync::Flows message;
  message.add_backend(Backend(1).ToHost());
  message.add_backend(Backend(2).ToHost());
  message.add_source(0xc6336407);
  message.add_ports(uint32_t{40000} << 16 | 443);
  message.add_at(1);
  message.add_age(17);
  const auto flows = FlowsOfMessage(message, kService);
  ASSERT_TRUE(flows.ok()) << flows.status();
  ASSERT_EQ(flows->size(), 1u);
  const PortableFlow& flow = flows->front();
  EXPECT_EQ(flow.key.source, htonl(0xc6336407));
  EXPECT_EQ(flow.key.destination, kService.vip.ToNetwork());
  EXPECT_EQ(flow.key.source_port, htons(40000));
  EXPECT_EQ(flow.key.destination_port, htons(443));
  EXPECT_EQ(flow.key.protocol, IPPROTO_TCP);
  EXPECT_EQ(flow.backend, Backend(2));
  EXPECT_EQ(flow.age, 17u);
  EXPECT_EQ(flow.mark, 0u);  // as an earlier version sends it

  for (const uint32_t mark : {L275_FLOW_ONE_SYN, L275_FLOW_ONE_OTHER, 0u}) {
    message.clear_seen();
    message.add_seen(SeenOfMark(mark));
    sync::Message carried;
    *carried.mutable_flows() = message;
    const auto marked = FlowsOfMessage(Carried(carried).flows(), kService);
    ASSERT_TRUE(marked.ok()) << marked.status();
    EXPECT_EQ(marked->front().mark, mark);
  }
}

std::string CarriedServices(const std::string& services, size_t messages) {
  const std::vector<sync::Message> parts =
      DeclaredMessages(services, "tag", std::chrono::seconds(900));
  EXPECT_EQ(parts.size(), messages);
  std::string carried;
  for (const sync::Message& part : parts) {
    const sync::Declared declared = Carried(part).declared();
    EXPECT_EQ(declared.goes_on(), &part != &parts.back());
    EXPECT_EQ(declared.hash_seed_tag(), "tag");
    EXPECT_EQ(declared.tcp_idle_timeout_s(), 900u);
    carried += declared.services();
  }
  return carried;
}

TEST(SyncMessagesTest, CarriesWhatIsDeclaredInParts) {
  EXPECT_EQ(CarriedServices("", 1), "");
  EXPECT_EQ(CarriedServices("services", 1), "services");
  std::string many(1 << 20, 's');
  EXPECT_EQ(CarriedServices(many, 8), many);
  many += 'x';
  EXPECT_EQ(CarriedServices(many, 9), many);
}

// What contradicts itself.

struct WrongTable {
  const char* name;
  std::function<void(sync::Table&)> spoil;
};

class WrongTableTest : public ::testing::TestWithParam<WrongTable> {};

TEST_P(WrongTableTest, IsRefused) {
  sync::Table table =
      TableMessage(kService, TableOf(kSlots, 3), false, {{2, 1, {}}}).table();
  ASSERT_TRUE(TableOfMessage(table).ok());
  GetParam().spoil(table);
  const auto refused = TableOfMessage(table);
  EXPECT_TRUE(absl::IsInvalidArgument(refused.status())) << refused.status();
}

INSTANTIATE_TEST_SUITE_P(
    All, WrongTableTest,
    ::testing::Values(
        WrongTable{"MoreWeights", [](auto& table) { table.add_weight(1); }},
        WrongTable{"MoreBackends",
                   [](auto& table) { table.add_backend(0x0b000000); }},
        WrongTable{"WeightOfZero", [](auto& table) { table.set_weight(1, 0); }},
        WrongTable{
            "OtherOrder",
            [](auto& table) { table.mutable_backend()->SwapElements(0, 1); }},
        WrongTable{"BackendTwice",
                   [](auto& table) { table.set_backend(1, table.backend(0)); }},
        WrongTable{"NoSlots", [](auto& table) { table.set_slots(0); }},
        WrongTable{"NoPrime", [](auto& table) { table.set_slots(132); }},
        WrongTable{"TooManySlots",
                   [](auto& table) { table.set_slots(UINT32_MAX - 4); }},
        WrongTable{"RangePastTheTable",
                   [](auto& table) { table.set_tracked_ranges(0, 8); }},
        WrongTable{"WordPastTheTable",
                   [](auto& table) { table.add_tracked_ranges(1); }}),
    [](const auto& row) { return row.param.name; });

struct WrongSlots {
  const char* name;
  std::function<void(sync::Slots&)> spoil;
};

class WrongSlotsTest : public ::testing::TestWithParam<WrongSlots> {};

TEST_P(WrongSlotsTest, AreRefused) {
  sync::Slots slots =
      SlotsMessages(kService, {{0, 3, {Backend(1), Backend(2)}}})
          .front()
          .slots();
  ASSERT_TRUE(RangesOfMessage(slots, kSlots).ok());
  GetParam().spoil(slots);
  const auto refused = RangesOfMessage(slots, kSlots);
  EXPECT_TRUE(absl::IsInvalidArgument(refused.status())) << refused.status();
}

INSTANTIATE_TEST_SUITE_P(
    All, WrongSlotsTest,
    ::testing::Values(
        WrongSlots{"MoreRanges", [](auto& slots) { slots.add_range(1); }},
        WrongSlots{"MoreTracked", [](auto& slots) { slots.add_tracked(0); }},
        WrongSlots{"TooFewPriors",
                   [](auto& slots) { slots.mutable_prior()->RemoveLast(); }},
        WrongSlots{"TooManyPriors", [](auto& slots) { slots.add_prior(0); }},
        WrongSlots{"PriorThatIsNotThere",
                   [](auto& slots) { slots.set_prior(0, 2); }},
        WrongSlots{"PriorBelowZero",
                   [](auto& slots) { slots.set_prior(0, UINT32_MAX); }},
        WrongSlots{"RangePastTheTable",
                   [](auto& slots) { slots.set_range(0, 3); }},
        WrongSlots{"RangeFarPastTheTable",
                   [](auto& slots) { slots.set_range(0, 0x4000000); }},
        WrongSlots{"SlotPastTheLast",
                   [](auto& slots) {
                     slots.set_range(0, 2);
                     slots.set_tracked(0, 9);
                   }}),
    [](const auto& row) { return row.param.name; });

struct WrongFlows {
  const char* name;
  std::function<void(sync::Flows&)> spoil;
};

class WrongFlowsTest : public ::testing::TestWithParam<WrongFlows> {};

TEST_P(WrongFlowsTest, AreRefused) {
  sync::Flows flows;
  flows.add_backend(1);
  flows.add_source(1);
  flows.add_ports(1);
  flows.add_at(0);
  flows.add_age(0);
  ASSERT_TRUE(FlowsOfMessage(flows, kService).ok());
  GetParam().spoil(flows);
  const auto refused = FlowsOfMessage(flows, kService);
  EXPECT_TRUE(absl::IsInvalidArgument(refused.status())) << refused.status();
}

INSTANTIATE_TEST_SUITE_P(
    All, WrongFlowsTest,
    ::testing::Values(
        WrongFlows{"MoreSources", [](auto& flows) { flows.add_source(2); }},
        WrongFlows{"MorePorts", [](auto& flows) { flows.add_ports(2); }},
        WrongFlows{"MorePlaces", [](auto& flows) { flows.add_at(0); }},
        WrongFlows{"MoreAges", [](auto& flows) { flows.add_age(0); }},
        WrongFlows{"MoreSeen",
                   [](auto& flows) {
                     flows.add_seen(sync::SEEN_MORE);
                     flows.add_seen(sync::SEEN_MORE);
                   }},
        WrongFlows{"PlaceThatIsNotThere",
                   [](auto& flows) { flows.set_at(0, 1); }}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace l275
