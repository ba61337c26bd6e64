#ifndef L275_LB_AGENT_VIEWS_VERDICT_VIEW_H_
#define L275_LB_AGENT_VIEWS_VERDICT_VIEW_H_

#include <vector>

#include "absl/status/statusor.h"
#include "common/control/control.pb.h"
#include "lb/agent/maps/maps.h"

namespace l275 {

// The counter of each verdict, in the order of common/abi/verdicts.h.
absl::StatusOr<std::vector<control::VerdictCounter>> ViewVerdicts(
    const Maps& maps);

}  // namespace l275

#endif  // L275_LB_AGENT_VIEWS_VERDICT_VIEW_H_
