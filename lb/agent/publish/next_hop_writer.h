#ifndef L275_LB_AGENT_PUBLISH_NEXT_HOP_WRITER_H_
#define L275_LB_AGENT_PUBLISH_NEXT_HOP_WRITER_H_

#include <cstdint>
#include <map>
#include <set>

#include "common/event/limited_log.h"
#include "lb/agent/maps/maps.h"
#include "lb/agent/publish/range_allocator.h"
#include "lb/agent/publish/snapshot.h"

namespace l275 {

// The map writer's hand for next-hop records. A record is written once, while
// nothing points to it, and never changed: a backend moves to a new record by
// one store of its id. So no frame leaves with half of an old and half of a new
// address. Backends with equal next hops share a record.
class NextHopWriter {
 public:
  using TimePoint = RangeAllocator::TimePoint;

  explicit NextHopWriter(Maps* maps);

  // The id of a record that says `next_hop`, to be given back by Release().
  // 0 (ask the FIB), with a log line, when all records are in use or at rest.
  uint32_t Acquire(const NextHopRecord& next_hop, TimePoint now);

  // A backend of an earlier agent points to the id, until ReleaseAdopted().
  // False when there is no such record.
  bool Adopt(uint32_t id);
  void ReleaseAdopted(TimePoint now);

  // Nothing points to the id any more on behalf of one Acquire(). 0 is ignored.
  void Release(uint32_t id, TimePoint now);

 private:
  struct Use {
    uint32_t id;
    uint32_t count;
  };

  MappedArray<l275_next_hop>& records_;
  RangeAllocator ids_;
  std::map<NextHopRecord, Use> uses_;
  std::map<uint32_t, NextHopRecord> by_id_;
  std::set<uint32_t> adopted_;
  LimitedLog log_;
};

}  // namespace l275

#endif  // L275_LB_AGENT_PUBLISH_NEXT_HOP_WRITER_H_
