#include "lb/agent/views/no_backend_reason.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace l275 {
namespace {

// In this order, of those that an operator decides to those that happen.
constexpr const char* kReasons[] = {"disabled", "draining",    "of weight 0",
                                    "unusable", "unreachable", "not up"};

const char* ReasonOf(const control::BackendState& backend) {
  const bool weightless =
      backend.weight() == 0 || (backend.has_announced_weight_percent() &&
                                backend.announced_weight_percent() == 0);
  if (backend.disabled()) return kReasons[0];
  if (backend.draining() || backend.health() == control::DRAINING) {
    return kReasons[1];
  }
  if (weightless) return kReasons[2];
  if (backend.next_hop().state() == "unusable") return kReasons[3];
  if (backend.unreachable()) return kReasons[4];
  return kReasons[5];
}

}  // namespace

std::string NoBackendReason(
    const std::vector<control::BackendState>& backends) {
  if (backends.empty()) return "its service has no backend";
  std::vector<std::string> parts;
  for (const char* reason : kReasons) {
    const auto count =
        std::count_if(backends.begin(), backends.end(),
                      [reason](const control::BackendState& backend) {
                        return ReasonOf(backend) == reason;
                      });
    if (count > 0) parts.push_back(absl::StrCat(count, " ", reason));
  }
  return absl::StrCat(
      "none of the ", backends.size(),
      " backends of its service gets flows: ", absl::StrJoin(parts, ", "));
}

}  // namespace l275
