#ifndef L275_LB_AGENT_SLOWPATH_HANDED_FRAME_H_
#define L275_LB_AGENT_SLOWPATH_HANDED_FRAME_H_

#include <cstdint>
#include <map>
#include <optional>

#include "absl/types/span.h"
#include "common/net/service_address.h"
#include "lb/agent/publish/written_service.h"

namespace l275 {

// Of Ethernet frames that the program has handed to the agent.

// The IPv4 packet, with what pads the frame: behind the Ethernet header, and
// priority tags if there are any. Empty where the frame ends before it.
absl::Span<const uint8_t> PacketIn(absl::Span<const uint8_t> frame);

// Which of the services the frame's TCP packet is for, found as the program
// finds it: the one on its port, or else the one on all ports. nullopt: none of
// them (any more).
std::optional<ServiceAddress> ServiceOf(
    absl::Span<const uint8_t> frame,
    const std::map<ServiceAddress, WrittenService>& services);

}  // namespace l275

#endif  // L275_LB_AGENT_SLOWPATH_HANDED_FRAME_H_
