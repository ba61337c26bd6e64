#include "lb/agent/core/capabilities.h"

#include <linux/capability.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/os/capabilities.h"
#include "common/os/status_util.h"

namespace l275 {

absl::Status CheckCapabilities() {
  L275_ASSIGN_OR_RETURN(
      const std::vector<std::string> missing,
      MissingCapabilities({{CAP_NET_ADMIN, "CAP_NET_ADMIN"},
                           {CAP_SYS_ADMIN, "CAP_SYS_ADMIN"}}));
  if (missing.empty()) return absl::OkStatus();
  return absl::PermissionDeniedError(
      absl::StrCat("missing ", absl::StrJoin(missing, ", "),
                   "; run as root or grant them (capabilities(7))"));
}

}  // namespace l275
