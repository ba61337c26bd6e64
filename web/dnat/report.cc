#include "web/dnat/report.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "web/dnat/table_rules.h"

namespace l275 {
namespace {

// What the derived rules of one service counted, in one chain.
uint64_t PacketsIn(const Ruleset& installed, const NatRule& service,
                   absl::string_view chain) {
  uint64_t packets = 0;
  for (const TableRule& rule : DerivedRules({service})) {
    if (rule.chain != chain) continue;
    const InstalledRule* found = FindRule(installed, rule);
    if (found != nullptr) packets += found->counter.packets;
  }
  return packets;
}

std::vector<NatRule> ServicesOf(const Ruleset& installed) {
  std::vector<NatRule> rules;
  rules.reserve(installed.services.size());
  for (const InstalledService& service : installed.services) {
    rules.push_back(service.rule);
  }
  return rules;
}

dnat::Service MakeService(const Ruleset& installed,
                          const InstalledService& entry) {
  dnat::Service service;
  service.set_service(entry.rule.service.ToString());
  service.set_interface(entry.rule.interface);
  service.set_local(entry.rule.LocalToString());
  // A nat chain sees the first packet of each connection only.
  service.set_connections(entry.counter.packets);
  service.set_own_connections(PacketsIn(installed, entry.rule, kOwnRequests));
  service.set_dropped_requests(
      PacketsIn(installed, entry.rule, kStrayRequests));
  service.set_dropped_answers(PacketsIn(installed, entry.rule, kLateAnswers));
  service.set_mss(entry.rule.mss);
  return service;
}

void AddStrangers(const Ruleset& installed, dnat::Report* report) {
  for (const std::string& stranger : installed.strangers) {
    report->add_stranger(stranger);
  }
  const std::vector<TableRule> known = DerivedRules(ServicesOf(installed));
  for (const InstalledRule& rule : installed.derived) {
    const bool is_known = std::any_of(
        known.begin(), known.end(),
        [&](const TableRule& other) { return IsSame(rule, other); });
    if (!is_known) report->add_stranger(Describe(rule));
  }
}

std::string MssText(uint32_t mss) { return mss == 0 ? "-" : absl::StrCat(mss); }

}  // namespace

dnat::Report MakeReport(const Ruleset& installed) {
  dnat::Report report;
  report.set_installed(installed.installed);
  for (const InstalledService& service : installed.services) {
    *report.add_service() = MakeService(installed, service);
  }
  AddStrangers(installed, &report);
  return report;
}

std::string ToTable(const dnat::Report& report) {
  if (!report.installed()) return "not installed\n";
  constexpr char kRow[] = "%-21s %-9s %-19s %5s %11s %15s %16s %15s\n";
  std::string table = absl::StrFormat(kRow, "SERVICE", "INTERFACE", "LOCAL",
                                      "MSS", "CONNECTIONS", "OWN CONNECTIONS",
                                      "DROPPED REQUESTS", "DROPPED ANSWERS");
  for (const dnat::Service& service : report.service()) {
    absl::StrAppend(
        &table, absl::StrFormat(kRow, service.service(), service.interface(),
                                service.local(), MssText(service.mss()),
                                absl::StrCat(service.connections()),
                                absl::StrCat(service.own_connections()),
                                absl::StrCat(service.dropped_requests()),
                                absl::StrCat(service.dropped_answers())));
  }
  for (const std::string& stranger : report.stranger()) {
    absl::StrAppend(&table, "not made by dnat: ", stranger, "\n");
  }
  return table;
}

}  // namespace l275
