#include "lb/agent/takeover/counter_carrier.h"

#include <bpf/bpf.h>
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "common/abi/flow_events.h"
#include "common/abi/verdicts.h"
#include "lb/agent/maps/counters.h"

namespace l275 {
namespace {

constexpr Ipv4Address kOne = Ipv4Address::FromHost(0x0a000101);
constexpr Ipv4Address kTwo = Ipv4Address::FromHost(0x0a000102);
constexpr Ipv4Address kThree = Ipv4Address::FromHost(0x0a000103);

class CounterCarrierTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(Make(from_, {2, 8, 64}));
    ASSERT_NO_FATAL_FAILURE(Make(to_, {8, 16, 128}));
    carrier_ = std::make_unique<CounterCarrier>(*from_, *to_);
  }

  static void Make(std::unique_ptr<Maps>& maps, const MapSizes& sizes) {
    auto made = Maps::Create(sizes);
    ASSERT_TRUE(made.ok()) << made.status();
    maps = *std::move(made);
  }

  // On CPU n so many packets: `packets` + n.
  static void Set(int fd, uint32_t index, uint64_t packets) {
    std::vector<l275_counter> counters;
    for (int cpu = 0; cpu < PossibleCpus(); ++cpu) {
      counters.push_back({packets + static_cast<uint64_t>(cpu), 64 * packets});
    }
    ASSERT_EQ(bpf_map_update_elem(fd, &index, counters.data(), BPF_ANY), 0);
  }
  // What Set() sets, summed.
  static uint64_t SumOf(uint64_t packets) {
    const auto cpus = static_cast<uint64_t>(PossibleCpus());
    return cpus * packets + cpus * (cpus - 1) / 2;
  }
  static l275_counter Get(int fd, uint32_t index) {
    const auto read = ReadCounters(fd, {index});
    EXPECT_TRUE(read.ok()) << read.status();
    return read.ok() ? read->front() : l275_counter{};
  }
  void Carry() {
    const absl::Status carried = carrier_->Carry();
    ASSERT_TRUE(carried.ok()) << carried;
  }

  std::unique_ptr<Maps> from_, to_;
  std::unique_ptr<CounterCarrier> carrier_;
};

TEST_F(CounterCarrierTest, VerdictsGoOn) {
  const int from = from_->verdicts_fd();
  const int to = to_->verdicts_fd();
  Set(from, 0, 100);
  Set(from, L275_VERDICT_COUNT - 1, 7);
  Carry();
  EXPECT_EQ(Get(to, 0).packets, SumOf(100));
  EXPECT_EQ(Get(to, 0).bytes, Get(from, 0).bytes);
  EXPECT_EQ(Get(to, L275_VERDICT_COUNT - 1).packets, SumOf(7));
  EXPECT_EQ(Get(to, 1).packets, 0u);
}

TEST_F(CounterCarrierTest, FlowEventsGoOn) {
  const uint32_t event = L275_FLOW_EVENT_COUNT - 1;
  const std::vector<uint64_t> counts(static_cast<size_t>(PossibleCpus()), 5);
  ASSERT_EQ(bpf_map_update_elem(from_->flow_events_fd(), &event, counts.data(),
                                BPF_ANY),
            0);
  Carry();
  const auto sum = ReadSum(to_->flow_events_fd(), event);
  ASSERT_TRUE(sum.ok()) << sum.status();
  EXPECT_EQ(*sum, 5u * counts.size());
}

TEST_F(CounterCarrierTest, AServicesGoOnUnderItsNewIds) {
  WrittenService from, to;
  from.id = 1;
  from.backends[kOne].id = 1;
  from.backends[kTwo].id = 2;
  to.id = 5;
  to.backends[kTwo].id = 9;
  to.backends[kThree].id = 2;
  carrier_->AddService(from, to);
  Set(from_->service_counters_fd(), 1, 1000);
  Set(from_->backend_counters_fd(), 1, 300);
  Set(from_->backend_counters_fd(), 2, 700);
  Carry();
  EXPECT_EQ(Get(to_->service_counters_fd(), 5).packets, SumOf(1000));
  EXPECT_EQ(Get(to_->backend_counters_fd(), 9).packets, SumOf(700));
  EXPECT_EQ(Get(to_->backend_counters_fd(), 2).packets, 0u) << "backend three";
}

// The old program counts on, and the new one has begun to.
TEST_F(CounterCarrierTest, CarriesEachPacketOnce) {
  const int from = from_->verdicts_fd();
  const int to = to_->verdicts_fd();
  Set(from, 3, 100);
  Carry();
  Carry();
  EXPECT_EQ(Get(to, 3).packets, SumOf(100));
  Set(from, 3, 110);
  Set(to, 3, 150);
  Carry();
  EXPECT_EQ(Get(to, 3).packets, SumOf(160));
  EXPECT_EQ(Get(to, 3).bytes, Get(from, 3).bytes / 110 * 160);
}

}  // namespace
}  // namespace l275
