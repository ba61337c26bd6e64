#include "lb/agent/views/flow_event_view.h"

#include <iterator>

#include "common/abi/flow_events.h"
#include "common/control/counted_enum.h"
#include "common/os/status_util.h"
#include "lb/agent/maps/counters.h"

namespace l275 {
namespace {

constexpr EnumName kNames[] = {L275_FLOW_EVENTS(L275_ENUM_NAME)};
static_assert(std::size(kNames) == L275_FLOW_EVENT_COUNT);

}  // namespace

absl::StatusOr<std::vector<control::FlowEventCounter>> ViewFlowEvents(
    const Maps& maps) {
  std::vector<control::FlowEventCounter> events(L275_FLOW_EVENT_COUNT);
  for (uint32_t event = 0; event < L275_FLOW_EVENT_COUNT; ++event) {
    L275_ASSIGN_OR_RETURN(const uint64_t packets,
                          ReadSum(maps.flow_events_fd(), event));
    events[event].set_event(kNames[event].word);
    events[event].set_help(kNames[event].help);
    events[event].set_packets(packets);
  }
  return events;
}

}  // namespace l275
