#ifndef L275_LB_AGENT_PEERS_SYNC_MESSAGES_H_
#define L275_LB_AGENT_PEERS_SYNC_MESSAGES_H_

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/net/service_address.h"
#include "lb/agent/peers/wire/sync.pb.h"
#include "lb/agent/publish/portable_state.h"

namespace l275 {

// From values to messages of sync.proto, and back. A peer is believed, but not
// to be without errors: what contradicts itself is InvalidArgument.

// As many as it takes for each to be small. `services` is a serialized
// control::Services.
std::vector<sync::Message> DeclaredMessages(absl::string_view services,
                                            const std::string& hash_seed_tag,
                                            std::chrono::seconds idle_timeout);

sync::ServiceName NameOfService(const ServiceAddress& address);
absl::StatusOr<ServiceAddress> ServiceOfName(const sync::ServiceName& name);

// `ranges` are all that have tracked slots; SlotsMessages() of them follow.
sync::Message TableMessage(const ServiceAddress& address,
                           const PortableTable& table, bool used,
                           absl::Span<const SlotRange> ranges);
absl::StatusOr<PortableTable> TableOfMessage(const sync::Table& message);
// Of a message that TableOfMessage() takes: the ranges that have none.
std::vector<SlotRange> UntrackedRangesOfMessage(const sync::Table& message);

// As many as it takes for each to be small.
std::vector<sync::Message> SlotsMessages(const ServiceAddress& address,
                                         absl::Span<const SlotRange> ranges);
// Of a table of so many slots.
absl::StatusOr<std::vector<SlotRange>> RangesOfMessage(
    const sync::Slots& message, uint32_t slots);

// Of an entry's mark (common/abi/flow_mark.h).
sync::Seen SeenOfMark(uint32_t mark);

// Of a service's flows: see also FlowBatch, which makes the message.
absl::StatusOr<std::vector<PortableFlow>> FlowsOfMessage(
    const sync::Flows& message, const ServiceAddress& address);

}  // namespace l275

#endif  // L275_LB_AGENT_PEERS_SYNC_MESSAGES_H_
