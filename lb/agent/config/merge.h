#ifndef L275_LB_AGENT_CONFIG_MERGE_H_
#define L275_LB_AGENT_CONFIG_MERGE_H_

#include "lb/agent/config/desired_state.h"

namespace l275 {

// What is desired after a restart: what was declared anew since `base` wins,
// for the rest what was `changed` at run time stays.
//
// That is decided for each service's existence and table size, and for each of
// its backends, apart: a backend that is draining goes on to when the services
// file got another backend meanwhile.
DesiredState MergeDesired(const DesiredState& base, const DesiredState& changed,
                          const DesiredState& declared);

}  // namespace l275

#endif  // L275_LB_AGENT_CONFIG_MERGE_H_
