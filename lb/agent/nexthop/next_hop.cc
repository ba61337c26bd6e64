#include "lb/agent/nexthop/next_hop.h"

#include "absl/strings/str_cat.h"

namespace l275 {

std::string NextHop::ToString() const {
  if (!ready()) return reason;
  const std::string via =
      gateway ? absl::StrCat(" via ", gateway->ToString()) : "";
  return absl::StrCat(interface, via, ", ", MacToString(source), " > ",
                      MacToString(destination));
}

}  // namespace l275
