#ifndef L275_LB_AGENT_CONFIG_CHANGE_H_
#define L275_LB_AGENT_CONFIG_CHANGE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/control/control.pb.h"
#include "lb/agent/config/desired_state.h"

namespace l275 {

// The desired state after one change that an operator asked for; `state` itself
// stays as it is. InvalidArgument for values that cannot be, NotFound for a
// service or backend that is not there, AlreadyExists for one that is.
absl::StatusOr<DesiredState> ApplyChange(const DesiredState& state,
                                         const control::Change& change);

// What is different in `after`, a line each, in the order of services and
// addresses: "tcp:10.0.0.200:80: backend 10.0.0.104 added, weight 100".
std::vector<std::string> DescribeChanges(const DesiredState& before,
                                         const DesiredState& after);

}  // namespace l275

#endif  // L275_LB_AGENT_CONFIG_CHANGE_H_
