#include "lb/cli/commands_nexthop.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/control/control.pb.h"
#include "common/control/json.h"
#include "common/os/status_util.h"
#include "lb/cli/table_printer.h"

namespace l275 {
namespace {

using Align = TablePrinter::Align;
using Column = TablePrinter::Column;

std::string OrDash(const std::string& text) {
  return text.empty() ? "-" : text;
}

// "1h2m3s", without fractions.
std::string AgeText(uint64_t age_ms) {
  if (age_ms < 1000) return "0s";
  return absl::FormatDuration(
      absl::Seconds(static_cast<int64_t>(age_ms / 1000)));
}

std::vector<std::string> Row(const control::BackendNextHop& backend) {
  const control::NextHop& hop = backend.next_hop();
  return {backend.address(),
          OrDash(hop.gateway()),
          OrDash(hop.interface()),
          OrDash(hop.destination_mac()),
          OrDash(backend.neighbour_state()),
          AgeText(backend.age_ms()),
          absl::StrCat(backend.frames_waiting()),
          OrDash(hop.reason())};
}

std::string Table(const control::NextHops& next_hops) {
  TablePrinter table(std::vector<Column>{{"BACKEND"},
                                         {"GATEWAY"},
                                         {"INTERFACE"},
                                         {"MAC"},
                                         {"STATE"},
                                         {"AGE", Align::kRight},
                                         {"WAITING", Align::kRight},
                                         {"REASON"}});
  for (const control::BackendNextHop& backend : next_hops.next_hop()) {
    table.AddRow(Row(backend));
  }
  return table.ToString();
}

}  // namespace

absl::StatusOr<std::string> NextHopList(const Invocation& invocation) {
  L275_ASSIGN_OR_RETURN(const control::NextHops next_hops,
                        invocation.agent.NextHops());
  return invocation.options.json ? ToPrettyJson(next_hops) : Table(next_hops);
}

}  // namespace l275
