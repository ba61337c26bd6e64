#include "lb/agent/config/desired_state.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace l275 {
std::vector<VipBackend> FindVipBackends(const DesiredState& state) {
  std::map<Ipv4Address, ServiceAddress> vips;
  for (const auto& [address, service] : state) {
    vips.emplace(address.vip, address);
  }
  std::vector<VipBackend> found;
  for (const auto& [address, service] : state) {
    for (const auto& [backend, unused] : service.backends) {
      const auto vip = vips.find(backend);
      if (vip == vips.end()) continue;
      found.push_back(
          {address, backend,
           absl::StrCat(address.ToString(), ": backend ", backend.ToString(),
                        " is the VIP of service ", vip->second.ToString(),
                        "; expected a web server's own address")});
    }
  }
  return found;
}

absl::Status CheckBackend(const ServiceAddress& service, Ipv4Address backend) {
  if (backend != service.vip) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("backend ", backend.ToString(),
                   " is the service's own VIP; expected another address"));
}

absl::Status CheckBackends(const DesiredState& state) {
  const std::vector<VipBackend> found = FindVipBackends(state);
  if (found.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(found.front().why);
}

std::vector<std::string> RemoveVipBackends(DesiredState& state) {
  std::vector<std::string> lines;
  for (VipBackend& found : FindVipBackends(state)) {
    state.at(found.service).backends.erase(found.backend);
    lines.push_back(std::move(found.why));
  }
  return lines;
}

}  // namespace l275
