#include "web/dnat/commands.h"

#include <cerrno>
#include <cstdio>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/control/json.h"
#include "common/os/status_util.h"
#include "web/dnat/differences.h"
#include "web/dnat/host_check.h"
#include "web/dnat/host_view.h"
#include "web/dnat/host_warnings.h"
#include "web/dnat/keeper_lock.h"
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

// Refuses to change what `dnat keep` would restore at once.
absl::Status CheckNoKeeper(absl::string_view instead) {
  L275_ASSIGN_OR_RETURN(const std::optional<pid_t> keeper, FindKeeper());
  if (!keeper.has_value()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("nothing was changed: dnat keep (process ", *keeper,
                   ") would restore its rules; ", instead));
}

Output ApplyRules(const std::vector<NatRule>& rules) {
  L275_ASSIGN_OR_RETURN(NatTable table, NatTable::Create());
  L275_ASSIGN_OR_RETURN(const Ruleset installed, table.Read());
  if (!Differences(rules, installed).empty()) {
    L275_RETURN_IF_ERROR(CheckNoKeeper(
        "change its flags and restart it (systemctl restart l275-dnat)"));
  }
  L275_ASSIGN_OR_RETURN(const bool changed, table.Apply(rules));
  return absl::StrCat(
      changed ? "applied: " : "unchanged: ", CountServices(rules), "\n");
}

struct CheckResult {
  bool good = true;
  std::vector<std::string> lines;
};

absl::StatusOr<CheckResult> CheckAll(const std::vector<NatRule>& rules,
                                     std::optional<Ipv4Address> client) {
  L275_ASSIGN_OR_RETURN(NatTable table, NatTable::Create());
  L275_ASSIGN_OR_RETURN(const Ruleset installed, table.Read());
  L275_ASSIGN_OR_RETURN(const HostView host, ReadHostView(rules, client));
  CheckResult result;
  result.lines = Differences(rules, installed);
  result.good = result.lines.empty();
  for (const HostFinding& finding : CheckHost(rules, host)) {
    if (finding.loses_traffic) result.good = false;
    result.lines.push_back(
        absl::StrCat(finding.loses_traffic ? "" : "warning: ", finding.text));
  }
  return result;
}

Output ShowTable(bool as_json) {
  L275_ASSIGN_OR_RETURN(NatTable table, NatTable::Create());
  L275_ASSIGN_OR_RETURN(const Ruleset installed, table.Read());
  const dnat::Report report = MakeReport(installed);
  return as_json ? ToPrettyJson(report) : ToTable(report);
}

Output RemoveTable() {
  L275_RETURN_IF_ERROR(
      CheckNoKeeper("stop it first (systemctl stop l275-dnat)"));
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
  PrintHostWarnings(rules);
  return 0;
}

int Check(const std::vector<NatRule>& rules,
          std::optional<Ipv4Address> client) {
  const absl::StatusOr<CheckResult> result = CheckAll(rules, client);
  if (!result.ok()) return Fail(result.status());
  std::string text;
  for (const std::string& line : result->lines) {
    absl::StrAppend(&text, line, "\n");
  }
  if (result->good) absl::StrAppend(&text, "ok: ", CountServices(rules), "\n");
  const int code = Print(text);
  return result->good ? code : 1;
}

int Show(bool as_json) { return Print(ShowTable(as_json)); }

int Remove() { return Print(RemoveTable()); }

}  // namespace l275
