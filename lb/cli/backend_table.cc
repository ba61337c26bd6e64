#include "lb/cli/backend_table.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "lb/cli/format.h"
#include "lb/cli/table_printer.h"

namespace l275 {
namespace {

using Align = TablePrinter::Align;
using Column = TablePrinter::Column;

std::vector<Column> Columns() {
  return {{"SERVICE"},
          {"BACKEND"},
          {"WEIGHT", Align::kRight},
          {"STATE"},
          {"HEALTH"},
          {"BEACON_AGE_MS", Align::kRight},
          {"SLOTS", Align::kRight},
          {"FLOWS", Align::kRight},
          {"PACKETS", Align::kRight},
          {"BYTES", Align::kRight},
          {"NEXT_HOP"}};
}

std::vector<std::string> Row(const std::string& service,
                             const control::BackendState& backend) {
  return {
      service,
      backend.address(),
      WeightText(backend),
      StateText(backend),
      BackendHealthText(backend),
      backend.has_beacon_age_ms() ? absl::StrCat(backend.beacon_age_ms()) : "-",
      absl::StrCat(backend.slots()),
      absl::StrCat(backend.recent_flows()),
      absl::StrCat(backend.forwarded().packets()),
      absl::StrCat(backend.forwarded().bytes()),
      NextHopText(backend.next_hop())};
}

}  // namespace

std::string BackendTable(const control::ServiceStates& services) {
  TablePrinter table(Columns());
  for (const control::ServiceState& service : services.service()) {
    for (const control::BackendState& backend : service.backend()) {
      table.AddRow(Row(service.service(), backend));
    }
  }
  return table.ToString();
}

}  // namespace l275
