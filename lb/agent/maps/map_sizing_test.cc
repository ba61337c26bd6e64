#include "lb/agent/maps/map_sizing.h"

#include <gtest/gtest.h>
#include <netinet/in.h>

namespace l275 {
namespace {

// Services with `backends` backends each and a table size of their own; 0 is
// the default's.
DesiredState Services(uint16_t count, uint32_t backends, uint32_t table_size) {
  DesiredState state;
  for (uint16_t i = 0; i < count; ++i) {
    const Ipv4Address vip = Ipv4Address::FromHost(0x0a0000c8);
    DesiredService& service = state[{IPPROTO_TCP, vip, i}];
    service.table_size = table_size;
    for (uint32_t j = 0; j < backends; ++j) {
      service.backends[Ipv4Address::FromHost(0x0b000000 + j)] = {};
    }
  }
  return state;
}

struct Row {
  const char* description;
  MapSizes asked;
  DesiredState desired;
  uint32_t default_table_size;
  MapSizes chosen;
};

class MapSizingTest : public ::testing::TestWithParam<Row> {};

TEST_P(MapSizingTest, Chooses) {
  const Row& row = GetParam();
  SCOPED_TRACE(row.description);
  const absl::StatusOr<MapSizes> sizes =
      ChooseMapSizes(row.asked, row.desired, row.default_table_size);
  ASSERT_TRUE(sizes.ok()) << sizes.status();
  EXPECT_EQ(sizes->services, row.chosen.services);
  EXPECT_EQ(sizes->backends, row.chosen.backends);
  EXPECT_EQ(sizes->slots, row.chosen.slots);
}

INSTANTIATE_TEST_SUITE_P(
    All, MapSizingTest,
    ::testing::Values(
        Row{"nothing declared", {}, {}, 65537, {1024, 16384, 4194368}},
        Row{"the least does not depend on the table size",
            {},
            Services(1, 3, 0),
            251,
            {1024, 16384, 4194368}},
        Row{"an eighth more than is declared",
            {},
            Services(1600, 16, 0),
            65537,
            {1800, 28800, 117966600}},
        Row{"services' own table sizes count",
            {},
            Services(2, 0, 8388593),
            251,
            {1024, 16384, 18874334}},
        Row{"no more than there can be",
            {},
            Services(100, 0, 8388593),
            65537,
            {1024, 16384, 536870912}},
        Row{"what is asked for, though it be too little",
            {1, 2, 3},
            Services(5, 5, 0),
            65537,
            {1, 2, 3}},
        Row{"the most",
            {1048576, 4194304, 536870912},
            {},
            65537,
            {1048576, 4194304, 536870912}}));

std::string Refusal(const MapSizes& asked) {
  return std::string(ChooseMapSizes(asked, {}, 65537).status().message());
}

TEST(MapSizingRefusalTest, NamesFlagValueAndRange) {
  EXPECT_EQ(Refusal({1048577, 0, 0}),
            "--max_services: 1048577; expected 1 to 1048576, or 0 for what the "
            "declared services need");
  EXPECT_EQ(Refusal({0, 4194305, 0}),
            "--max_backends: 4194305; expected 1 to 4194304, or 0 for what the "
            "declared services need");
  EXPECT_EQ(Refusal({0, 0, 4294967295}),
            "--max_slots: 4294967295; expected 1 to 536870912, or 0 for what "
            "the declared services need");
}

}  // namespace
}  // namespace l275
