#include "lb/agent/config/desired_state.h"

#include "absl/strings/str_cat.h"

namespace l275 {

absl::Status CheckBackend(const ServiceAddress& service, Ipv4Address backend) {
  if (backend != service.vip) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("backend ", backend.ToString(),
                   " is the service's own VIP; expected another address"));
}

}  // namespace l275
