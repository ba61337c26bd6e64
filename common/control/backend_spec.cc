#include "common/control/backend_spec.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/os/status_util.h"

namespace l275 {
namespace {

constexpr absl::string_view kExpected =
    "expected ADDRESS[@WEIGHT] like 10.0.0.102@50";

}  // namespace

absl::StatusOr<uint32_t> ParseWeight(absl::string_view text) {
  uint32_t weight;
  const bool digits = !text.empty() && std::all_of(text.begin(), text.end(),
                                                   absl::ascii_isdigit);
  if (!digits || !absl::SimpleAtoi(text, &weight) || weight > kMaxWeight) {
    return absl::InvalidArgumentError(absl::StrCat(
        "\"", text, "\" is no weight; expected 0 to ", kMaxWeight));
  }
  return weight;
}

absl::StatusOr<BackendSpec> ParseBackendSpec(absl::string_view text) {
  const std::string who = absl::StrCat("backend \"", text, "\"");
  if (text.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(who, ": ", kExpected));
  }
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(text, absl::MaxSplits('@', 1));
  BackendSpec spec;
  const absl::StatusOr<Ipv4Address> address = ParseHostAddress(parts.first);
  if (!address.ok()) return Annotate(address.status(), who);
  spec.address = *address;
  if (parts.first.size() == text.size()) return spec;

  const absl::StatusOr<uint32_t> weight = ParseWeight(parts.second);
  if (!weight.ok()) return Annotate(weight.status(), who);
  spec.weight = *weight;
  return spec;
}

absl::StatusOr<std::vector<BackendSpec>> ParseBackendList(
    absl::string_view comma_separated) {
  std::vector<BackendSpec> specs;
  std::set<Ipv4Address> seen;
  for (absl::string_view item : absl::StrSplit(comma_separated, ',')) {
    L275_ASSIGN_OR_RETURN(const BackendSpec spec, ParseBackendSpec(item));
    if (!seen.insert(spec.address).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("backend \"", item, "\": its address is given twice"));
    }
    specs.push_back(spec);
  }
  return specs;
}

}  // namespace l275
