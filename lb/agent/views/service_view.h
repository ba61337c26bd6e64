#ifndef L275_LB_AGENT_VIEWS_SERVICE_VIEW_H_
#define L275_LB_AGENT_VIEWS_SERVICE_VIEW_H_

#include "absl/status/statusor.h"
#include "common/control/control.pb.h"
#include "common/net/service_address.h"
#include "lb/agent/views/agent_view.h"

namespace l275 {

// One backend, without its traffic.
control::BackendState ViewBackend(const AgentView& view,
                                  const ServiceAddress& service,
                                  Ipv4Address address);

// All services with their backends and traffic. Errors: a counter that cannot
// be read.
absl::StatusOr<control::ServiceStates> ViewServices(const AgentView& view);

}  // namespace l275

#endif  // L275_LB_AGENT_VIEWS_SERVICE_VIEW_H_
