#include "lb/agent/core/health_services.h"

namespace l275 {

HealthServices HealthServicesOf(const DesiredState& desired) {
  HealthServices services;
  for (const auto& [address, service] : desired) {
    auto& backends = services[address];
    for (const auto& [backend_address, backend] : service.backends) {
      backends[backend_address] = !backend.disabled;
    }
  }
  return services;
}

HealthServices Merge(HealthServices first, const HealthServices& second) {
  for (const auto& [address, backends] : second) {
    first[address].insert(backends.begin(), backends.end());
  }
  return first;
}

}  // namespace l275
