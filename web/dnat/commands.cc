#include "web/dnat/commands.h"

#include <cerrno>
#include <cstdio>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/json.h"
#include "common/status_util.h"
#include "web/dnat/differences.h"
#include "web/dnat/host_warnings.h"
#include "web/dnat/nat_table.h"
#include "web/dnat/report.h"

namespace l275 {
namespace {

// What a command prints, or why it failed.
using Output = absl::StatusOr<std::string>;

std::string CountServices(const std::vector<NatRule>& rules) {
  return absl::StrCat(rules.size(),
                      rules.size() == 1 ? " service" : " services");
}

Output ApplyRules(const std::vector<NatRule>& rules) {
  L275_ASSIGN_OR_RETURN(NatTable table, NatTable::Create());
  L275_ASSIGN_OR_RETURN(const bool changed, table.Apply(rules));
  return absl::StrCat(
      changed ? "applied: " : "unchanged: ", CountServices(rules), "\n");
}

absl::StatusOr<std::vector<std::string>> FindDifferences(
    const std::vector<NatRule>& rules) {
  L275_ASSIGN_OR_RETURN(NatTable table, NatTable::Create());
  L275_ASSIGN_OR_RETURN(const Ruleset installed, table.Read());
  return Differences(rules, installed);
}

Output ShowTable(bool as_json) {
  L275_ASSIGN_OR_RETURN(NatTable table, NatTable::Create());
  L275_ASSIGN_OR_RETURN(const Ruleset installed, table.Read());
  const dnat::Report report = MakeReport(installed);
  return as_json ? ToPrettyJson(report) : ToTable(report);
}

Output RemoveTable() {
  L275_ASSIGN_OR_RETURN(NatTable table, NatTable::Create());
  L275_ASSIGN_OR_RETURN(const bool removed, table.Remove());
  return std::string(removed ? "removed\n" : "not installed\n");
}

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "dnat: %s\n", std::string(status.message()).c_str());
  return 1;
}

int Print(const Output& output) {
  if (!output.ok()) return Fail(output.status());
  if (std::fputs(output->c_str(), stdout) < 0 || std::fflush(stdout) != 0) {
    return Fail(ErrnoStatus(errno, "write(stdout)"));
  }
  return 0;
}

}  // namespace

int Apply(const std::vector<NatRule>& rules) {
  const int code = Print(ApplyRules(rules));
  if (code != 0) return code;
  for (const std::string& warning : HostWarnings(rules)) {
    std::fprintf(stderr, "dnat: warning: %s\n", warning.c_str());
  }
  return 0;
}

int Check(const std::vector<NatRule>& rules) {
  const absl::StatusOr<std::vector<std::string>> differences =
      FindDifferences(rules);
  if (!differences.ok()) return Fail(differences.status());
  if (differences->empty()) {
    return Print(absl::StrCat("as asked: ", CountServices(rules), "\n"));
  }
  for (const std::string& line : *differences) {
    std::printf("%s\n", line.c_str());
  }
  return 1;
}

int Show(bool as_json) { return Print(ShowTable(as_json)); }

int Remove() { return Print(RemoveTable()); }

}  // namespace l275
