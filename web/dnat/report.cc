#include "web/dnat/report.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace l275 {
namespace {

uint64_t HeldBack(const Ruleset& installed, const NatRule& rule) {
  for (const Counted<AnswerGuard>& guard : installed.guards) {
    if (guard.rule.local == rule.local && guard.rule.port == rule.local_port &&
        guard.rule.interface == rule.interface) {
      return guard.counter.packets;
    }
  }
  return 0;
}

}  // namespace

dnat::Report MakeReport(const Ruleset& installed) {
  dnat::Report report;
  report.set_installed(installed.installed);
  for (const Counted<NatRule>& rule : installed.rules) {
    dnat::Service* service = report.add_service();
    service->set_service(rule.rule.service.ToString());
    service->set_interface(rule.rule.interface);
    service->set_local(rule.rule.LocalToString());
    // A nat chain sees the first packet of each connection only.
    service->set_connections(rule.counter.packets);
    service->set_held_back(HeldBack(installed, rule.rule));
  }
  for (const std::string& stranger : installed.strangers) {
    report.add_stranger(stranger);
  }
  return report;
}

std::string ToTable(const dnat::Report& report) {
  if (!report.installed()) return "not installed\n";
  constexpr char kRow[] = "%-27s %-15s %-21s %11s %9s\n";
  std::string table = absl::StrFormat(kRow, "SERVICE", "INTERFACE", "LOCAL",
                                      "CONNECTIONS", "HELD BACK");
  for (const dnat::Service& service : report.service()) {
    absl::StrAppend(
        &table,
        absl::StrFormat(kRow, service.service(), service.interface(),
                        service.local(), absl::StrCat(service.connections()),
                        absl::StrCat(service.held_back())));
  }
  for (const std::string& stranger : report.stranger()) {
    absl::StrAppend(&table, "not made by dnat: ", stranger, "\n");
  }
  return table;
}

}  // namespace l275
