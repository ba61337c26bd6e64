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

}  // namespace l275
