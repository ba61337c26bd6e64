#ifndef L275_LB_AGENT_VIEWS_NO_BACKEND_REASON_H_
#define L275_LB_AGENT_VIEWS_NO_BACKEND_REASON_H_

#include <string>
#include <vector>

#include "common/control/control.pb.h"

namespace l275 {

// Why no backend of a service gets new flows, where none does: "none of the 3
// backends of its service gets flows: 2 of weight 0, 1 disabled". A backend
// counts once, for the first reason that it has.
std::string NoBackendReason(const std::vector<control::BackendState>& backends);

}  // namespace l275

#endif  // L275_LB_AGENT_VIEWS_NO_BACKEND_REASON_H_
