#ifndef L275_LB_AGENT_PUBLISH_MAP_WRITER_H_
#define L275_LB_AGENT_PUBLISH_MAP_WRITER_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "lb/agent/maps/maps.h"
#include "lb/agent/publish/device_writer.h"
#include "lb/agent/publish/next_hop_writer.h"
#include "lb/agent/publish/range_allocator.h"
#include "lb/agent/publish/service_writer.h"
#include "lb/agent/publish/slot_tracker.h"
#include "lb/agent/publish/snapshot.h"
#include "lb/agent/publish/vip_writer.h"
#include "lb/agent/publish/virtual_routers.h"
#include "lb/agent/publish/write_plan.h"
#include "lb/agent/publish/written_service.h"
#include "lb/agent/table/table_builder.h"

namespace l275 {

// Makes the maps say what a snapshot says. The only one that writes
// configuration into them.
//
// It compares each snapshot with what it wrote before and stores what differs,
// from the far end of the packet path to the near one: next hops, backends,
// slots, services. So a packet never finds a reference to what is not there
// yet; and what is not referred to any more rests before it is used again.
//
// Flows stay on their backend while that is alive (SlotWriter), but for a
// service whose table gets another size.
class MapWriter {
 public:
  using TimePoint = RangeAllocator::TimePoint;

  // `maps` outlives the writer; they are empty, or Adopt() comes first.
  // `hash_seed` goes into each service's hash key.
  MapWriter(Maps* maps, uint64_t hash_seed);

  // Goes on where an earlier writer ended: its services, and the flows of their
  // tracked slots, become this one's. Packets go where they went until the next
  // Write(). FailedPrecondition: the maps contradict themselves; they and this
  // writer cannot be used.
  absl::Status Adopt(TimePoint now);
  // `callback` is called just before a backend that had no next-hop record gets
  // one: the slow path sends waiting frames for it now. It may read services(),
  // where the change is not made yet, and call AssumeUsed(), nothing else of
  // the writer.
  void BeforeFirstRecord(std::function<void()> callback) {
    before_first_record_ = std::move(callback);
  }

  // Whether Write() would have room. ResourceExhausted names the flag to raise.
  absl::Status CheckFits(const Snapshot& snapshot, TimePoint now);

  // ResourceExhausted, with the flag to raise, when the snapshot does not fit;
  // then nothing was changed.
  absl::Status Write(const Snapshot& snapshot, TimePoint now);

  // See DeviceWriter.
  void SetVirtualRouters(std::map<uint32_t, VirtualRouters> routers) {
    devices_.SetVirtualRouters(std::move(routers));
  }

  const WrittenServices& services() const { return services_; }
  const RangeAllocator& slot_ranges() const { return slot_ranges_; }
  // Of these services.
  SlotTracker& tracker() { return tracker_; }
  const SlotTracker& tracker() const { return tracker_; }
  Maps& maps() { return maps_; }

  // Services that were added, changed or removed, each time counted, since the
  // start. A snapshot that differs in none, or in next hops only, adds nothing.
  uint64_t service_changes() const { return service_changes_; }

  // Backends that came to life or back to it, and new tables of services, each
  // time counted: whatever was known of flows there is not known any more.
  uint64_t revivals() const { return revivals_; }

 private:
  absl::Status AdoptService(const ServiceAddress& address,
                            const WrittenService& service, TimePoint now);
  void AdoptOrphan(uint32_t backend);
  void FreeOrphans(TimePoint now);

  absl::Status PlanServices(const Snapshot& snapshot, WritePlan* plan);
  absl::Status PlanService(const ServiceAddress& address,
                           const SnapshotService& source, WritePlan* plan);
  void WriteService(const ServiceAddress& address, WrittenService service,
                    const Snapshot& snapshot, TimePoint now);
  void WriteLiveness(const WrittenService& before, WrittenService& service);
  void SetFlags(const ServicePlacement& service, WrittenBackend& backend,
                bool alive, bool draining);
  void VoidFlows(const WrittenService& service);
  void WriteTable(const ServiceAddress& address, bool keep_flows,
                  WrittenService& service, TimePoint now);
  std::vector<uint32_t> OwnersOf(WrittenService& service);
  void PublishService(const ServiceAddress& address,
                      const WrittenService& service);
  void MoveNextHops(const Snapshot& snapshot, TimePoint now);
  void SetNextHop(Ipv4Address address, const Snapshot& snapshot,
                  WrittenBackend& backend, TimePoint now);
  void FreeBackend(const WrittenBackend& backend, TimePoint now);
  void RemoveService(const ServiceAddress& address, TimePoint now);

  Maps& maps_;
  const uint64_t hash_seed_;
  RangeAllocator service_ids_;
  RangeAllocator backend_ids_;
  RangeAllocator slot_ranges_;
  TableBuilder tables_;
  ServiceWriter service_table_;
  NextHopWriter next_hops_;
  DeviceWriter devices_;
  VipWriter vips_;
  WrittenServices services_;
  SlotTracker tracker_;
  std::vector<uint32_t> orphans_;  // until the first Write() is over
  // None: not all backends have theirs yet.
  std::optional<std::map<Ipv4Address, NextHopRecord>> written_next_hops_;
  std::function<void()> before_first_record_ = [] {};
  uint64_t service_changes_ = 0;
  uint64_t revivals_ = 0;
};

}  // namespace l275

#endif  // L275_LB_AGENT_PUBLISH_MAP_WRITER_H_
