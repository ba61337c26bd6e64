#ifndef L275_LB_AGENT_HEALTH_HEALTH_SUBJECT_H_
#define L275_LB_AGENT_HEALTH_HEALTH_SUBJECT_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "common/net/ipv4_address.h"
#include "common/net/service_address.h"

namespace l275 {

// What a beacon reports on: a backend in its services on one port; or, with
// port 0, in all of its services whose port has no beacon of its own.
struct HealthSubject {
  Ipv4Address address;
  uint16_t port = 0;

  // "10.0.0.101", or "10.0.0.101:443".
  std::string ToString() const;

  friend bool operator==(const HealthSubject& a, const HealthSubject& b) {
    return a.address == b.address && a.port == b.port;
  }
  friend bool operator<(const HealthSubject& a, const HealthSubject& b) {
    if (a.address != b.address) return a.address < b.address;
    return a.port < b.port;
  }
};

// Each service's backends, and whether the operator has them enabled.
using HealthServices = std::map<ServiceAddress, std::map<Ipv4Address, bool>>;

// All subjects that beacons for these services can have.
std::set<HealthSubject> SubjectsOf(const HealthServices& services);

}  // namespace l275

#endif  // L275_LB_AGENT_HEALTH_HEALTH_SUBJECT_H_
