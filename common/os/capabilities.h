#ifndef L275_COMMON_OS_CAPABILITIES_H_
#define L275_COMMON_OS_CAPABILITIES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace l275 {

// One of capabilities(7): {CAP_NET_ADMIN, "CAP_NET_ADMIN"}.
struct Capability {
  int number;
  const char* name;
};

// The names of those that are not in the calling thread's effective set, in the
// order given.
absl::StatusOr<std::vector<std::string>> MissingCapabilities(
    absl::Span<const Capability> wanted);

}  // namespace l275

#endif  // L275_COMMON_OS_CAPABILITIES_H_
