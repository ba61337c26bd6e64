#ifndef L275_LB_AGENT_PUBLISH_SLOT_TRACKER_H_
#define L275_LB_AGENT_PUBLISH_SLOT_TRACKER_H_

#include <cstdint>
#include <functional>
#include <set>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/net/service_address.h"
#include "lb/agent/maps/maps.h"
#include "lb/agent/publish/portable_state.h"
#include "lb/agent/publish/range_allocator.h"
#include "lb/agent/publish/slot_follower.h"
#include "lb/agent/publish/slot_writer.h"
#include "lb/agent/publish/written_service.h"

namespace l275 {

// Which slots of which services are tracked. A service's slots are tracked when
// its table changes, so that its flows stay where they are; and untracked when
// no flow needs that any more:
//
//   a service that never had a packet         at once
//   a service whose packets go through        when that load balancer has
//   another load balancer (SetFollowed())     untracked them (Follow())
//   any other service                         when a sweep of the flow table
//                                             finds no such flow (Settle())
//
// The services are those of the map writer, which owns the tracker.
class SlotTracker {
 public:
  using TimePoint = RangeAllocator::TimePoint;

  // Both outlive the tracker.
  SlotTracker(Maps* maps, const WrittenServices* services);

  SlotWriter& slots() { return slots_; }
  // How many slots are tracked, of all services together.
  uint32_t tracked() const { return slots_.tracked(); }

  // These services have flows, though the maps do not know of any packet.
  void AssumeUsed(std::set<ServiceAddress> services) {
    used_.merge(std::move(services));
  }

  // Whether a service may have flows: packets were forwarded for it, here or on
  // a load balancer for which AssumeUsed() was called.
  bool IsUsed(const ServiceAddress& address) const;

  // Untracks slots that need it no longer; see SlotWriter::Settle().
  void Settle(const std::function<bool(uint32_t slot)>& keeps_away,
              uint32_t idle_ticks, TimePoint now);

  // Makes these slots match the active load balancer's. Returns the number of
  // unknown backends; see SlotFollower. NotFound: no such service.
  // FailedPrecondition: its table has another size.
  absl::StatusOr<uint32_t> Follow(const ServiceAddress& address,
                                  const PortableTable& table,
                                  absl::Span<const SlotRange> ranges,
                                  TimePoint now);

  // The same for all slots of a service, as other maps have them.
  absl::StatusOr<uint32_t> Follow(const ServiceAddress& address,
                                  absl::Span<const SlotPlace> places,
                                  TimePoint now);

  // For these services another load balancer says which slots are tracked: they
  // are not settled here until they are no longer named.
  void SetFollowed(std::set<ServiceAddress> services, TimePoint now);
  bool IsFollowed(const ServiceAddress& service) const {
    return followed_.count(service) > 0;
  }

  // What follows is for the map writer.

  // Continues with the slots that an earlier agent wrote.
  void Adopt(const ServiceAddress& address, const WrittenService& service,
             TimePoint now);
  // Gives the service's slots these owners, by backend id; 0: none. With
  // `keep_flows` flows stay where they are; without, no slot is tracked.
  void Change(const ServiceAddress& address, const WrittenService& service,
              const std::vector<uint32_t>& owners, bool keep_flows,
              TimePoint now);
  // The slots are no longer the service's.
  void Forget(const WrittenService& service);
  // There is no such service any more.
  void Remove(const ServiceAddress& address, const WrittenService& service);

 private:
  bool HasForwarded(const WrittenService& service) const;
  absl::StatusOr<const WrittenService*> Find(const ServiceAddress& address,
                                             size_t slots) const;

  const Maps& maps_;
  const WrittenServices& services_;
  SlotWriter slots_;
  SlotFollower follower_;
  std::set<ServiceAddress> used_;
  std::set<ServiceAddress> followed_;
};

}  // namespace l275

#endif  // L275_LB_AGENT_PUBLISH_SLOT_TRACKER_H_
