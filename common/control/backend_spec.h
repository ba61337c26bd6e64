#ifndef L275_COMMON_CONTROL_BACKEND_SPEC_H_
#define L275_COMMON_CONTROL_BACKEND_SPEC_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/net/ipv4_address.h"

namespace l275 {

// Shares of new flows: 0 gets none.
inline constexpr uint32_t kDefaultWeight = 100;
inline constexpr uint32_t kMaxWeight = 65535;

// A backend as flags and commands write it: "10.0.0.102" or "10.0.0.102@50".
struct BackendSpec {
  Ipv4Address address;
  uint32_t weight = kDefaultWeight;
};

// 0 to kMaxWeight in decimal; InvalidArgument names the text otherwise.
absl::StatusOr<uint32_t> ParseWeight(absl::string_view text);

// ADDRESS[@WEIGHT]. InvalidArgument names the text and the part of it that is
// wrong: an address that no host can have, a weight out of range.
absl::StatusOr<BackendSpec> ParseBackendSpec(absl::string_view text);

// One or more of them with commas between, in the order given. InvalidArgument
// also for an empty item (so for empty text) and an address given twice.
absl::StatusOr<std::vector<BackendSpec>> ParseBackendList(
    absl::string_view comma_separated);

}  // namespace l275

#endif  // L275_COMMON_CONTROL_BACKEND_SPEC_H_
