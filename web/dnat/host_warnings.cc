#include "web/dnat/host_warnings.h"

#include <cstdio>
#include <optional>
#include <string>

#include "web/dnat/host_check.h"
#include "web/dnat/host_view.h"

namespace l275 {
namespace {

void PrintWarning(absl::string_view text) {
  std::fprintf(stderr, "dnat: warning: %s\n", std::string(text).c_str());
}

}  // namespace

void PrintHostWarnings(const std::vector<NatRule>& rules) {
  const absl::StatusOr<HostView> host = ReadHostView(rules, std::nullopt);
  if (!host.ok()) return PrintWarning(host.status().message());
  for (const HostFinding& finding : CheckHost(rules, *host)) {
    PrintWarning(finding.text);
  }
}

}  // namespace l275
