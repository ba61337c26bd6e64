#include "lb/agent/maps/maps.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <gtest/gtest.h>

#include <cstring>
#include <memory>

#include "common/abi/verdicts.h"
#include "lb/agent/maps/bpf_log.h"

namespace l275 {
namespace {

constexpr MapSizes kSizes{3, 5, 33};

struct ObjectDeleter {
  void operator()(lb* object) const { lb__destroy(object); }
};
using ObjectPtr = std::unique_ptr<lb, ObjectDeleter>;

uint32_t EntriesOf(int fd) {
  bpf_map_info info = {};
  uint32_t length = sizeof(info);
  EXPECT_EQ(bpf_obj_get_info_by_fd(fd, &info, &length), 0);
  return info.max_entries;
}

TEST(MapsTest, HaveRoomForWhatWasAskedAndForIndexZero) {
  const auto maps = Maps::Create(kSizes);
  ASSERT_TRUE(maps.ok()) << maps.status();
  EXPECT_EQ((*maps)->service_buckets().size(), 16u);
  EXPECT_EQ((*maps)->services().size(), 2 * 3u + 1024);
  EXPECT_EQ(EntriesOf((*maps)->service_counters_fd()), 3u + 1);
  EXPECT_EQ(EntriesOf((*maps)->backend_counters_fd()), 5u + 1);
  EXPECT_EQ((*maps)->backends().size(), 5u + 1);
  EXPECT_EQ((*maps)->next_hops().size(), 2 * 5u + 1);
  EXPECT_EQ(EntriesOf((*maps)->verdicts_fd()),
            static_cast<uint32_t>(L275_VERDICT_ENTRIES));
}

TEST(MapsTest, AreEmpty) {
  const auto maps = Maps::Create(kSizes);
  ASSERT_TRUE(maps.ok()) << maps.status();
  for (uint32_t slot = 0; slot < kSizes.slots; ++slot) {
    EXPECT_EQ((*maps)->slots()[slot], 0u);
  }
  for (uint32_t i = 0; i < (*maps)->service_buckets().size(); ++i) {
    for (uint64_t key : (*maps)->service_buckets()[i].key) EXPECT_EQ(key, 0u);
  }
}

// What is stored in memory here, a program of another object finds there.
TEST(MapsTest, AreSharedWithAProgram) {
  auto maps = Maps::Create(kSizes);
  ASSERT_TRUE(maps.ok()) << maps.status();
  const ObjectPtr object(lb__open());
  ASSERT_NE(object, nullptr);
  ASSERT_TRUE((*maps)->ShareWith(object.get()).ok());
  ASSERT_EQ(lb__load(object.get()), 0);

  (*maps)->slots()[32] = 4711;
  (*maps)->backends()[5] = {1, 2, 0, 0};
  (*maps)->next_hops()[10].ifindex = 3;
  uint32_t index = 2;
  l275_slot_line line = {};
  ASSERT_EQ(bpf_map_lookup_elem(bpf_map__fd(object->maps.slots), &index, &line),
            0);
  EXPECT_EQ(line.word[0], 4711u);
  index = 5;
  l275_backend backend = {};
  ASSERT_EQ(
      bpf_map_lookup_elem(bpf_map__fd(object->maps.backends), &index, &backend),
      0);
  EXPECT_EQ(backend.next_hop, 2u);
  index = 10;
  l275_next_hop next_hop = {};
  ASSERT_EQ(bpf_map_lookup_elem(bpf_map__fd(object->maps.next_hops), &index,
                                &next_hop),
            0);
  EXPECT_EQ(next_hop.ifindex, 3u);
}

TEST(MapsTest, OfNoSizeAreRefused) {
  RouteBpfLogs();
  const absl::Status status = Maps::Create({3, 5, 0}).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
}

}  // namespace
}  // namespace l275
