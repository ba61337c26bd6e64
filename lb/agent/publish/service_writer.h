#ifndef L275_LB_AGENT_PUBLISH_SERVICE_WRITER_H_
#define L275_LB_AGENT_PUBLISH_SERVICE_WRITER_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "common/net/service_address.h"
#include "lb/agent/maps/maps.h"
#include "lb/agent/publish/range_allocator.h"

namespace l275 {

// The map writer's hand for the table of services (common/abi/map_layout.h).
//
// A service has a place, the entry of a bucket that holds its key, and a
// record. It is published by the store of its key, and gets another record by
// the store of that record's index: a packet sees the one or the other as a
// whole. Places and records that were given up rest before they are used again.
class ServiceWriter {
 public:
  using TimePoint = RangeAllocator::TimePoint;

  explicit ServiceWriter(Maps* maps);

  // Sets a place aside for a service that has none; nothing when the buckets
  // where it could be are full.
  std::optional<uint32_t> ReservePlace(const ServiceAddress& address,
                                       TimePoint now);
  // Gives a place back that was set aside and not used.
  void ReturnPlace(uint32_t place);

  // Takes over what an earlier agent wrote: a service's place and record. False
  // when one of them is taken already.
  bool Adopt(uint32_t place, uint32_t record);

  // Records to be handed out and given back by the map writer.
  RangeAllocator& records() { return records_; }

  // Writes a record that no packet knows, and makes the service point to it.
  void Publish(const ServiceAddress& address, uint32_t place, uint32_t record,
               const l275_service& service);

  // Packets do not find it from now on.
  void Remove(uint32_t place, TimePoint now);

 private:
  l275_service_bucket& BucketOf(uint32_t place);

  Maps& maps_;
  RangeAllocator records_;
  std::vector<bool> taken_;             // by place
  std::vector<TimePoint> rests_until_;  // by place
};

// The key of a service as the one word that the program compares.
uint64_t ServiceKeyWord(const ServiceAddress& address);
ServiceAddress ServiceAddressOf(uint64_t key_word);

}  // namespace l275

#endif  // L275_LB_AGENT_PUBLISH_SERVICE_WRITER_H_
