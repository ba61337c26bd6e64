#include "lb/cli/format.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "lb/cli/table_printer.h"

namespace l275 {

std::string CounterText(const control::Counter& counter) {
  return absl::StrCat(counter.packets(), " packets, ", counter.bytes(),
                      " bytes");
}

std::string HealthText(control::Health health) {
  const std::string name = control::Health_Name(health);
  return name.empty() ? absl::StrCat(health) : absl::AsciiStrToLower(name);
}

std::string BackendHealthText(const control::BackendState& backend) {
  return absl::StrCat(HealthText(backend.health()),
                      backend.trusted() ? ",trusted" : "");
}

std::string WeightText(const control::BackendState& backend) {
  if (!backend.has_announced_weight_percent() ||
      backend.announced_weight_percent() == 100) {
    return absl::StrCat(backend.weight());
  }
  return absl::StrCat(backend.weight(), "*", backend.announced_weight_percent(),
                      "%");
}

namespace {

std::string DrainText(const control::BackendState& backend) {
  if (backend.drain_until() == 0) return "draining";
  const absl::Duration left =
      absl::FromUnixSeconds(static_cast<int64_t>(backend.drain_until())) -
      absl::Now();
  if (left <= absl::ZeroDuration()) return "drained";
  return absl::StrCat("draining,", absl::ToInt64Seconds(left), "s");
}

}  // namespace

std::string StateText(const control::BackendState& backend) {
  if (backend.disabled()) return "disabled";
  if (backend.draining()) return DrainText(backend);
  if (backend.unreachable()) {
    return backend.active() ? "unreachable,trusted" : "unreachable";
  }
  return backend.active() ? "active" : "inactive";
}

std::string NextHopText(const control::NextHop& next_hop) {
  if (next_hop.state().empty()) return "-";
  if (next_hop.state() != "ready") {
    return next_hop.reason().empty() ? next_hop.state() : next_hop.reason();
  }
  return absl::StrCat(next_hop.interface(), " ", next_hop.destination_mac());
}

std::string ActiveText(const control::ServiceState& service) {
  const auto active = std::count_if(
      service.backend().begin(), service.backend().end(),
      [](const control::BackendState& backend) { return backend.active(); });
  return absl::StrCat(active, "/", service.backend_size());
}

std::string LinesText(const Lines& lines) {
  TablePrinter table(std::vector<TablePrinter::Align>(2));
  for (const auto& [key, value] : lines) table.AddRow({key + ":", value});
  return table.ToString();
}

}  // namespace l275
