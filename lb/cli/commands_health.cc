#include "lb/cli/commands_health.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/control/json.h"
#include "common/os/status_util.h"
#include "lb/cli/format.h"
#include "lb/cli/table_printer.h"

namespace l275 {
namespace {

using Align = TablePrinter::Align;
using Column = TablePrinter::Column;

std::vector<Column> BackendColumns() {
  return {{"BACKEND"},
          {"PORT", Align::kRight},
          {"STATE"},
          {"SINCE", Align::kRight},
          {"BEACON_AGE_MS", Align::kRight},
          {"INTERVAL_MS", Align::kRight},
          {"LOSS", Align::kRight},
          {"WEIGHT", Align::kRight},
          {"KEY", Align::kRight},
          {"FLAPS", Align::kRight},
          {"DAMPED", Align::kRight},
          {"REASON"}};
}

// "850ms", "59s", "10m07s", "5h00m", "12d03h".
std::string DurationText(uint64_t ms) {
  const uint64_t s = ms / 1000;
  if (s == 0) return absl::StrCat(ms, "ms");
  if (s < 60) return absl::StrCat(s, "s");
  if (s < 3600) return absl::StrFormat("%dm%02ds", s / 60, s % 60);
  if (s < 86400) return absl::StrFormat("%dh%02dm", s / 3600, s / 60 % 60);
  return absl::StrFormat("%dd%02dh", s / 86400, s / 3600 % 24);
}

std::string PercentText(double percent) {
  return absl::StrFormat("%.1f%%", percent);
}

// Whether it would get flows, were it not that no frame reaches it.
bool IsCutOff(const control::BackendHealth& health) {
  return health.unreachable() &&
         (health.state() == control::UP || health.state() == control::DRAINING);
}

std::vector<std::string> Row(const control::BackendHealth& health) {
  const bool heard = health.has_beacon_age_ms();
  return {health.backend(),
          health.port() == 0 ? "all" : absl::StrCat(health.port()),
          IsCutOff(health) ? "unreachable" : HealthText(health.state()),
          DurationText(health.in_state_ms()),
          heard ? absl::StrCat(health.beacon_age_ms()) : "-",
          heard ? absl::StrCat(health.interval_ms()) : "-",
          health.has_loss_percent() ? PercentText(health.loss_percent()) : "-",
          heard ? absl::StrCat(health.weight_percent(), "%") : "-",
          health.key_id() != 0 ? absl::StrCat(health.key_id()) : "-",
          absl::StrCat(health.flaps()),
          health.has_damped_ms() ? DurationText(health.damped_ms()) : "-",
          IsCutOff(health) ? health.unreachable_reason() : health.reason()};
}

std::string BackendsText(const control::HealthStates& states) {
  TablePrinter table(BackendColumns());
  for (const control::BackendHealth& health : states.backend()) {
    table.AddRow(Row(health));
  }
  return table.ToString();
}

std::string ServicesText(const control::HealthStates& states) {
  TablePrinter table(std::vector<Column>{{"SERVICE"},
                                         {"UP", Align::kRight},
                                         {"SILENCE_IS"},
                                         {"PANICS", Align::kRight}});
  for (const control::ServiceHealth& service : states.service()) {
    table.AddRow({service.service(),
                  absl::StrCat(service.up(), "/", service.backends()),
                  service.mode() == "panic"        ? "the network's: PANIC"
                  : service.mode() == "suspecting" ? "doubted"
                                                   : "believed",
                  absl::StrCat(service.panics())});
  }
  return table.ToString();
}

std::string BeaconsText(const control::HealthStates& states, bool all) {
  TablePrinter table(
      std::vector<Column>{{"BEACONS"}, {"NUMBER", Align::kRight}, {"MEANING"}});
  for (const control::BeaconCounter& counter : states.beacon()) {
    if (!all && counter.beacons() == 0) continue;
    table.AddRow(
        {counter.result(), absl::StrCat(counter.beacons()), counter.help()});
  }
  return table.ToString();
}

std::string TrustText(const control::HealthStates& states) {
  if (states.trust() == "none") {
    return "health is not checked: every backend counts as up\n";
  }
  if (states.trust() == "signed") return "";
  return "INSECURE: beacons are believed without a key\n\n";
}

}  // namespace

absl::StatusOr<std::string> Health(const Invocation& invocation) {
  L275_ASSIGN_OR_RETURN(const control::HealthStates states,
                        invocation.agent.Health());
  if (invocation.options.json) return ToPrettyJson(states);
  if (states.trust() == "none") return TrustText(states);
  return absl::StrCat(TrustText(states), BackendsText(states), "\n",
                      ServicesText(states), "\n",
                      BeaconsText(states, invocation.options.all));
}

}  // namespace l275
