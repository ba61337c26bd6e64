#include "lb/agent/slowpath/sent_counter.h"

#include <gtest/gtest.h>
#include <netinet/in.h>

#include <memory>

#include "lb/agent/maps/counters.h"
#include "tests/packet/frame.h"

namespace l275 {
namespace {

constexpr Ipv4Address kVip = Ipv4Address::FromHost(0x0a0000c8);
constexpr Ipv4Address kWeb1 = Ipv4Address::FromHost(0x0a000065);
constexpr Ipv4Address kWeb2 = Ipv4Address::FromHost(0x0a000066);

class SentCounterTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto maps = Maps::Create({4, 8, 64});
    ASSERT_TRUE(maps.ok()) << maps.status();
    maps_ = *std::move(maps);
    writer_ = std::make_unique<MapWriter>(maps_.get(), 1);
    for (uint16_t port : {80, 0}) {
      SnapshotService& service = snapshot_.services[{IPPROTO_TCP, kVip, port}];
      service.table_size = 13;
      service.backends = {{kWeb1, {100}}, {kWeb2, {100}}};
    }
    Write();
    auto counter = SentCounter::Create(*maps_, writer_.get());
    ASSERT_TRUE(counter.ok()) << counter.status();
    counter_ = *std::move(counter);
  }

  void Write() {
    const absl::Status written =
        writer_->Write(snapshot_, MapWriter::TimePoint{});
    ASSERT_TRUE(written.ok()) << written;
  }

  static l275_counter At(int fd, uint32_t id) {
    const auto counters = ReadCounters(fd, {id});
    EXPECT_TRUE(counters.ok()) << counters.status();
    return counters.ok() ? counters->front() : l275_counter{};
  }
  const WrittenService& Service(uint16_t port) const {
    return writer_->services().at({IPPROTO_TCP, kVip, port});
  }
  l275_counter OfService(uint16_t port) const {
    return At(maps_->service_counters_fd(), Service(port).id);
  }
  l275_counter OfBackend(uint16_t port, Ipv4Address backend) const {
    return At(maps_->backend_counters_fd(),
              Service(port).backends.at(backend).id);
  }

  Snapshot snapshot_;
  std::unique_ptr<Maps> maps_;
  std::unique_ptr<MapWriter> writer_;
  std::unique_ptr<SentCounter> counter_;
};

TEST_F(SentCounterTest, CountsForTheServiceAndTheBackend) {
  counter_->Count(kWeb2, FrameBuilder().To(kVip, 80).Build());
  counter_->Count(kWeb2,
                  FrameBuilder().To(kVip, 80).IpOptions(3).Payload(9).Build());
  EXPECT_EQ(OfService(80).packets, 2u);
  EXPECT_EQ(OfService(80).bytes, 54u + 54 + 12 + 9);
  EXPECT_EQ(OfBackend(80, kWeb2).packets, 2u);
  EXPECT_EQ(OfBackend(80, kWeb2).bytes, 54u + 54 + 12 + 9);
  EXPECT_EQ(OfBackend(80, kWeb1).packets, 0u);
  EXPECT_EQ(OfService(0).packets, 0u);
}

TEST_F(SentCounterTest, OtherPortsAreThatOfTheServiceOnAllPorts) {
  counter_->Count(kWeb1, FrameBuilder().To(kVip, 443).Build());
  EXPECT_EQ(OfService(0).packets, 1u);
  EXPECT_EQ(OfBackend(0, kWeb1).packets, 1u);
  EXPECT_EQ(OfService(80).packets, 0u);
}

TEST_F(SentCounterTest, WhatWasRemovedIsNotCounted) {
  snapshot_.services.begin()->second.backends.erase(kWeb2);
  snapshot_.services.rbegin()->second.backends.erase(kWeb2);
  Write();
  counter_->Count(kWeb2, FrameBuilder().To(kVip, 80).Build());
  counter_->Count(kWeb1, FrameBuilder().To(kWeb1, 80).Build());
  counter_->Count(kWeb1, Frame(36));
  EXPECT_EQ(OfService(80).packets, 0u);
  EXPECT_EQ(OfService(0).packets, 0u);
}

}  // namespace
}  // namespace l275
