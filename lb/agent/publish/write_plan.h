#ifndef L275_LB_AGENT_PUBLISH_WRITE_PLAN_H_
#define L275_LB_AGENT_PUBLISH_WRITE_PLAN_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "common/net/service_address.h"
#include "lb/agent/publish/range_allocator.h"
#include "lb/agent/publish/service_writer.h"
#include "lb/agent/publish/written_service.h"

namespace l275 {

// What the map writer is about to write, with everything allocated that it
// needs. The destructor gives all of it back, unless CarryOut() was called.
class WritePlan {
 public:
  using TimePoint = RangeAllocator::TimePoint;

  WritePlan(ServiceWriter* service_table, TimePoint now)
      : service_table_(*service_table), now_(now) {}
  ~WritePlan();
  WritePlan(const WritePlan&) = delete;
  WritePlan& operator=(const WritePlan&) = delete;

  // Sets `first` to the beginning of a free range. ResourceExhausted: there is
  // none; says how many of these things are in use, and the flag to raise.
  absl::Status Allocate(RangeAllocator* allocator, uint32_t length,
                        const char* things, const char* flag, uint32_t* first);
  // Sets `place` to a free entry of the service's buckets. ResourceExhausted.
  absl::Status ReservePlace(const ServiceAddress& address, uint32_t* place);

  void Add(const ServiceAddress& address, WrittenService service) {
    services_.emplace_back(address, std::move(service));
  }

  // The services to write. From now on nothing is given back.
  std::vector<std::pair<ServiceAddress, WrittenService>> CarryOut() && {
    allocations_.clear();
    places_.clear();
    return std::move(services_);
  }

 private:
  struct Allocation {
    RangeAllocator* allocator;
    uint32_t first;
    uint32_t length;
  };

  ServiceWriter& service_table_;
  const TimePoint now_;
  std::vector<std::pair<ServiceAddress, WrittenService>> services_;
  std::vector<Allocation> allocations_;
  std::vector<uint32_t> places_;
};

}  // namespace l275

#endif  // L275_LB_AGENT_PUBLISH_WRITE_PLAN_H_
