#ifndef L275_LB_AGENT_CONFIG_DESIRED_STATE_PROTO_H_
#define L275_LB_AGENT_CONFIG_DESIRED_STATE_PROTO_H_

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "common/control/control.pb.h"
#include "common/control/services_text.h"
#include "lb/agent/config/desired_state.h"

namespace l275 {

// Between the schema that people write (common/control/control.proto) and the
// desired state. What is refused, with InvalidArgument and the service or
// backend by name: a protocol other than TCP, an address that no host can have,
// a missing or impossible port, a weight over kMaxWeight, a table size that is
// no prime, a service or a service's backend that appears twice, a backend that
// is a VIP.
absl::StatusOr<DesiredState> DesiredStateFromProto(
    const control::Services& services);

// The same, but takes a backend that is another service's VIP: what an agent
// saved or sent must be readable even so.
absl::StatusOr<DesiredState> DesiredStateFromAgent(
    const control::Services& services);

// The same; errors begin with "FILE:LINE:COLUMN: ".
absl::StatusOr<DesiredState> DesiredStateFromText(const ServicesText& text);

absl::StatusOr<std::pair<ServiceAddress, DesiredService>> ServiceFromProto(
    const control::Service& service);

absl::StatusOr<std::pair<Ipv4Address, DesiredBackend>> BackendFromProto(
    const control::Backend& backend);

// What DesiredStateFromProto() takes again.
control::Services DesiredStateToProto(const DesiredState& state);

}  // namespace l275

#endif  // L275_LB_AGENT_CONFIG_DESIRED_STATE_PROTO_H_
