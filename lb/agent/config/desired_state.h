#ifndef L275_LB_AGENT_CONFIG_DESIRED_STATE_H_
#define L275_LB_AGENT_CONFIG_DESIRED_STATE_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "absl/status/status.h"
#include "common/control/backend_spec.h"
#include "common/net/ipv4_address.h"
#include "common/net/service_address.h"

namespace l275 {

// What the operator wants, from flags, services file and lbctl: a value.
// Ordered maps, so that everything made from it comes in the same order.

struct DesiredBackend {
  uint32_t weight = kDefaultWeight;
  bool disabled = false;
  bool draining = false;
  // When it ends: seconds since 1970, 0 for never. A time of the wall clock,
  // since it is written down and outlives the agent.
  uint64_t drain_until = 0;

  friend bool operator==(const DesiredBackend& a, const DesiredBackend& b) {
    return std::tie(a.weight, a.disabled, a.draining, a.drain_until) ==
           std::tie(b.weight, b.disabled, b.draining, b.drain_until);
  }
  friend bool operator!=(const DesiredBackend& a, const DesiredBackend& b) {
    return !(a == b);
  }
};

struct DesiredService {
  uint32_t table_size = 0;  // slots; 0: the agent's --table_size
  std::map<Ipv4Address, DesiredBackend> backends;

  friend bool operator==(const DesiredService& a, const DesiredService& b) {
    return a.table_size == b.table_size && a.backends == b.backends;
  }
  friend bool operator!=(const DesiredService& a, const DesiredService& b) {
    return !(a == b);
  }
};

using DesiredState = std::map<ServiceAddress, DesiredService>;

// The addresses of all backends of all services.
inline std::set<Ipv4Address> BackendAddresses(const DesiredState& state) {
  std::set<Ipv4Address> addresses;
  for (const auto& [service_address, service] : state) {
    for (const auto& [address, backend] : service.backends) {
      addresses.insert(address);
    }
  }
  return addresses;
}

// Whether the service can have the backend. InvalidArgument for the service's
// own VIP: the packets would come back to the load balancer.
absl::Status CheckBackend(const ServiceAddress& service, Ipv4Address backend);

// A backend that is the VIP of another service: the packets would come back to
// a load balancer.
struct VipBackend {
  ServiceAddress service;
  Ipv4Address backend;
  std::string why;  // one line, names both services
};
std::vector<VipBackend> FindVipBackends(const DesiredState& state);

// InvalidArgument with the line of the first of them.
absl::Status CheckBackends(const DesiredState& state);

// Removes them. Returns the line of each.
std::vector<std::string> RemoveVipBackends(DesiredState& state);

}  // namespace l275

#endif  // L275_LB_AGENT_CONFIG_DESIRED_STATE_H_
