#include "lb/agent/publish/service_writer.h"

#include <gtest/gtest.h>
#include <netinet/in.h>

#include <memory>
#include <set>
#include <vector>

#include "common/abi/flow_hash.h"

namespace l275 {
namespace {

constexpr ServiceWriter::TimePoint kStart{};

ServiceAddress Service(uint32_t number) {
  ServiceAddress address;
  address.protocol = IPPROTO_TCP;
  address.vip = Ipv4Address::FromHost(0x0a000000 + number / 65536);
  address.port = static_cast<uint16_t>(number);
  return address;
}

class ServiceWriterTest : public ::testing::Test {
 protected:
  // 3 services make 16 buckets.
  ServiceWriterTest() : maps_(*Maps::Create({3, 1, 1})), writer_(maps_.get()) {}

  uint32_t FirstBucket(const ServiceAddress& address) const {
    return l275_bucket_of_service(ServiceKeyWord(address),
                                  maps_->service_buckets().size() - 1);
  }

  // Some services whose first bucket is that of Service(1).
  std::vector<ServiceAddress> Neighbours(size_t count) const {
    std::vector<ServiceAddress> found;
    for (uint32_t number = 1; found.size() < count; ++number) {
      if (FirstBucket(Service(number)) == FirstBucket(Service(1))) {
        found.push_back(Service(number));
      }
    }
    return found;
  }

  std::unique_ptr<Maps> maps_;
  ServiceWriter writer_;
};

TEST_F(ServiceWriterTest, PublishesKeyAndRecord) {
  const auto place = writer_.ReservePlace(Service(80), kStart);
  ASSERT_TRUE(place.has_value());
  writer_.Publish(Service(80), *place, 7, {4711, 1, 2, 3, 0});
  const l275_service_bucket& bucket =
      maps_->service_buckets()[*place / L275_BUCKET_ENTRIES];
  const uint32_t entry = *place % L275_BUCKET_ENTRIES;
  EXPECT_EQ(*place / L275_BUCKET_ENTRIES, FirstBucket(Service(80)));
  EXPECT_EQ(bucket.key[entry], ServiceKeyWord(Service(80)));
  EXPECT_EQ(bucket.record[entry], 7u);
  EXPECT_EQ(maps_->services()[7].hash_key, 4711u);
  writer_.Remove(*place, kStart);
  EXPECT_EQ(bucket.key[entry], 0u);
}

TEST_F(ServiceWriterTest, AFullBucketOverflowsIntoTheNextOnes) {
  const size_t most = L275_BUCKET_ENTRIES * L275_BUCKET_PROBES;
  const auto services = Neighbours(most + 1);
  const uint32_t first = FirstBucket(services[0]);
  const uint32_t buckets = maps_->service_buckets().size();
  std::set<uint32_t> places;
  for (size_t i = 0; i < most; ++i) {
    const auto place = writer_.ReservePlace(services[i], kStart);
    ASSERT_TRUE(place.has_value()) << i;
    EXPECT_TRUE(places.insert(*place).second);
    EXPECT_EQ(*place / L275_BUCKET_ENTRIES,
              (first + i / L275_BUCKET_ENTRIES) % buckets);
  }
  EXPECT_FALSE(writer_.ReservePlace(services[most], kStart).has_value());
  for (uint32_t probe = 0; probe < L275_BUCKET_PROBES; ++probe) {
    EXPECT_EQ(maps_->service_buckets()[(first + probe) % buckets].overflown,
              1u);
  }
}

TEST_F(ServiceWriterTest, APlaceRestsAfterItsService) {
  const auto services = Neighbours(L275_BUCKET_ENTRIES);
  std::vector<uint32_t> places;
  for (const ServiceAddress& service : services) {
    places.push_back(*writer_.ReservePlace(service, kStart));
  }
  writer_.Remove(places[2], kStart);
  const auto other = writer_.ReservePlace(services[2], kStart);
  ASSERT_TRUE(other.has_value());
  EXPECT_NE(*other, places[2]);
  writer_.ReturnPlace(*other);
  EXPECT_EQ(writer_.ReservePlace(services[2], kStart + RangeAllocator::kRest),
            places[2]);
}

}  // namespace
}  // namespace l275
