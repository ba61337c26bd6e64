#include "lb/agent/peers/differences.h"

#include <iterator>

#include "absl/strings/str_cat.h"
#include "common/os/status_util.h"
#include "lb/agent/config/change.h"
#include "lb/agent/config/desired_state_proto.h"

namespace l275 {
namespace {

absl::StatusOr<std::vector<std::string>> ServicesThatDiffer(
    const control::Services& here, const std::string& there) {
  control::Services services;
  if (!services.ParseFromString(there)) {
    return absl::InvalidArgumentError("they are not to be read");
  }
  L275_ASSIGN_OR_RETURN(const DesiredState before, DesiredStateFromAgent(here));
  L275_ASSIGN_OR_RETURN(const DesiredState after,
                        DesiredStateFromAgent(services));
  return DescribeChanges(before, after);
}

}  // namespace

std::vector<std::string> Differences(const control::Services& here,
                                     uint32_t tcp_idle_timeout_s,
                                     const sync::Declared& there,
                                     bool same_seed) {
  std::vector<std::string> lines;
  if (!same_seed) {
    lines.push_back("another --hash_seed: no slot is the same there");
  }
  if (there.tcp_idle_timeout_s() != tcp_idle_timeout_s) {
    lines.push_back(
        absl::StrCat("--tcp_idle_timeout_s=", there.tcp_idle_timeout_s(),
                     ", here ", tcp_idle_timeout_s));
  }
  auto services = ServicesThatDiffer(here, there.services());
  if (!services.ok()) {
    lines.push_back(absl::StrCat("services that cannot be here: ",
                                 services.status().message()));
    return lines;
  }
  lines.insert(lines.end(), std::make_move_iterator(services->begin()),
               std::make_move_iterator(services->end()));
  return lines;
}

}  // namespace l275
