#ifndef L275_LB_AGENT_TAKEOVER_MAP_CARRIER_H_
#define L275_LB_AGENT_TAKEOVER_MAP_CARRIER_H_

#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "lb/agent/flows/flow_importer.h"
#include "lb/agent/maps/maps.h"
#include "lb/agent/publish/map_writer.h"
#include "lb/agent/publish/portable_state.h"
#include "lb/agent/publish/written_maps.h"
#include "lb/agent/takeover/carry_report.h"
#include "lb/agent/takeover/counter_carrier.h"

namespace l275 {

// Keeps flows where they are when the maps of an earlier agent cannot be gone
// on with, and its program is about to be replaced by one with new maps: takes
// over to these where flows without an entry go, the flow table's entries, and
// the counters.
//
//   carrier            old program                      new program
//   CarryOver()        forwards, by the old maps
//                      goes on recording flows ...      is attached
//   CarryRest()                                         forwards, by the new
//
// Between the two calls the new program does not know of flows that the old one
// has just recorded. So that they are where flows without an entry go, new
// flows of a tracked slot are sent there too from CarryOver() on, unless that
// backend drains; CarryRest() takes over what remains. The old maps' slots are
// as they were again when the carrier goes: if the start failed, the old
// program goes on with them.
//
// Backends go by their addresses, of one service in old and new maps.
class MapCarrier {
 public:
  using TimePoint = MapWriter::TimePoint;

  // `written` is what the old maps say. The new maps and their writer outlive
  // the carrier.
  MapCarrier(std::unique_ptr<Maps> from, WrittenMaps written, const Maps& to,
             MapWriter* writer);
  ~MapCarrier();
  MapCarrier(const MapCarrier&) = delete;
  MapCarrier& operator=(const MapCarrier&) = delete;

  // After the writer's first Write(), before a program uses the new maps.
  // Errors are a system call's; then some may be carried over.
  absl::Status CarryOver(uint32_t idle_ticks, TimePoint now);

  // Once the old program is attached nowhere. Errors as above.
  absl::Status CarryRest(TimePoint now);

  const CarryReport& report() const { return report_; }

 private:
  struct Entry;
  using Service = std::pair<const ServiceAddress, WrittenService>;

  absl::Status CarryService(const Service& service, TimePoint now);
  absl::Status CarrySlots(const Service& service, const WrittenService& to,
                          absl::Span<const SlotPlace> places, TimePoint now);
  void SendNewFlows(const WrittenService& service, const WrittenService& to,
                    absl::Span<const SlotPlace> places);
  bool CanGetNewFlows(const WrittenService& service, const WrittenService& to,
                      Ipv4Address backend) const;
  absl::Status CarryFlows(TimePoint now);
  absl::StatusOr<std::vector<Entry>> ReadFlows(uint32_t tick) const;
  bool Counts(const l275_flow& flow, uint32_t tick) const;
  absl::Status Import(const std::vector<Entry>& entries, TimePoint now);
  const Service* ServiceOf(uint32_t slot) const;

  const std::unique_ptr<Maps> from_;
  const WrittenMaps written_;
  const Maps& to_;
  MapWriter& writer_;
  FlowImporter importer_;
  std::map<uint32_t, const Service*> by_first_slot_;
  CounterCarrier counters_;
  uint32_t idle_ticks_ = 0;
  std::vector<Entry> carried_;  // sorted
  // Slots of the old maps that were changed, and their words before.
  std::vector<std::pair<uint32_t, uint32_t>> changed_;
  CarryReport report_;
};

}  // namespace l275

#endif  // L275_LB_AGENT_TAKEOVER_MAP_CARRIER_H_
