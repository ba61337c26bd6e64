#include "lb/agent/health/health_subject.h"

#include "absl/strings/str_cat.h"

namespace l275 {

std::string HealthSubject::ToString() const {
  return port == 0 ? address.ToString()
                   : absl::StrCat(address.ToString(), ":", port);
}

std::set<HealthSubject> SubjectsOf(const HealthServices& services) {
  std::set<HealthSubject> subjects;
  for (const auto& [service, backends] : services) {
    for (const auto& [address, enabled] : backends) {
      subjects.insert({address, 0});
      subjects.insert({address, service.port});
    }
  }
  return subjects;
}

}  // namespace l275
