#ifndef L275_LB_AGENT_CONFIG_MERGE_H_
#define L275_LB_AGENT_CONFIG_MERGE_H_

#include <string>
#include <vector>

#include "lb/agent/config/desired_state.h"

namespace l275 {

struct MergedState {
  DesiredState state;
  // The run-time changes that gave way to a newer change of the declared state,
  // a line each: "tcp:10.0.0.200:80: backend 10.0.0.101 weight 100 -> 50".
  std::vector<std::string> replaced;
};

// What is desired after the declared state (services file, flags) was read
// again: what changed there since `base` wins, for the rest what was `changed`
// at run time stays.
//
// That is decided for each service's existence and table size, and for each of
// its backends' existence, weight, and whether it is disabled or drains, apart:
// a disabled backend stays disabled when the file changes its weight.
MergedState MergeDesired(const DesiredState& base, const DesiredState& changed,
                         const DesiredState& declared);

}  // namespace l275

#endif  // L275_LB_AGENT_CONFIG_MERGE_H_
