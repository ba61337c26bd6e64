#include "lb/agent/views/verdict_view.h"

#include <numeric>

#include "common/control/verdict_names.h"
#include "common/os/status_util.h"
#include "lb/agent/maps/counters.h"

namespace l275 {

absl::StatusOr<std::vector<control::VerdictCounter>> ViewVerdicts(
    const Maps& maps) {
  std::vector<uint32_t> indices(L275_VERDICT_COUNT);
  std::iota(indices.begin(), indices.end(), 0);
  L275_ASSIGN_OR_RETURN(const std::vector<l275_counter> counters,
                        ReadCounters(maps.verdicts_fd(), indices));
  std::vector<control::VerdictCounter> verdicts(L275_VERDICT_COUNT);
  for (uint32_t verdict : indices) {
    const VerdictName& name = kVerdictNames[verdict];
    verdicts[verdict].set_verdict(name.word);
    verdicts[verdict].set_action(name.action);
    verdicts[verdict].set_help(name.help);
    verdicts[verdict].mutable_counter()->set_packets(counters[verdict].packets);
    verdicts[verdict].mutable_counter()->set_bytes(counters[verdict].bytes);
  }
  return verdicts;
}

}  // namespace l275
