#include "lb/agent/publish/write_plan.h"

#include <optional>

#include "absl/strings/str_cat.h"

namespace l275 {

WritePlan::~WritePlan() {
  for (uint32_t place : places_) service_table_.ReturnPlace(place);
  for (const Allocation& allocation : allocations_) {
    allocation.allocator->Return(allocation.first, allocation.length);
  }
}

absl::Status WritePlan::Allocate(RangeAllocator* allocator, uint32_t length,
                                 const char* things, const char* flag,
                                 uint32_t* first) {
  const std::optional<uint32_t> allocated = allocator->Allocate(length, now_);
  if (!allocated.has_value()) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "no room for ", length, " more ", things, ": ", allocator->used(),
        " of ", allocator->capacity(), " in use; the largest free run is ",
        allocator->LargestFree(), "; start with a greater ", flag));
  }
  *first = *allocated;
  allocations_.push_back({allocator, *first, length});
  return absl::OkStatus();
}

absl::Status WritePlan::ReservePlace(const ServiceAddress& address,
                                     uint32_t* place) {
  const std::optional<uint32_t> reserved =
      service_table_.ReservePlace(address, now_);
  if (!reserved.has_value()) {
    return absl::ResourceExhaustedError(
        absl::StrCat("no room for ", address.ToString(),
                     " in its buckets of the table of services; start with a "
                     "greater --max_services"));
  }
  *place = *reserved;
  places_.push_back(*place);
  return absl::OkStatus();
}

}  // namespace l275
