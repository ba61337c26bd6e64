#include "lb/agent/views/preference.h"

#include "absl/strings/str_cat.h"

namespace l275 {
namespace {

// Empty when it is reached.
std::string WhyNotReached(const AgentView& view, Ipv4Address backend) {
  const auto next_hop = view.next_hops.next_hops().find(backend);
  const bool unreachable = next_hop != view.next_hops.next_hops().end() &&
                           view.reachability.IsUnreachable(backend);
  return unreachable ? next_hop->second.reason : "";
}

// Empty when one of its backends is reached, or none is enabled.
std::string WhyNoneIsReached(const AgentView& view,
                             const DesiredService& service) {
  std::string reason;
  for (const auto& [address, backend] : service.backends) {
    if (backend.disabled) continue;
    reason = WhyNotReached(view, address);
    if (reason.empty()) return "";
  }
  return reason;
}

}  // namespace

std::vector<std::string> ViewNotPreferred(const AgentView& view) {
  std::vector<std::string> reasons;
  for (const auto& [address, service] : view.desired) {
    const std::string reason = WhyNoneIsReached(view, service);
    if (reason.empty()) continue;
    reasons.push_back(absl::StrCat("no backend of ", address.ToString(),
                                   " is reached: ", reason));
  }
  return reasons;
}

}  // namespace l275
