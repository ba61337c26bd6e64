#include "lb/agent/nexthop/next_hop.h"

#include "absl/strings/str_cat.h"

namespace l275 {

std::string NextHop::ToString() const {
  if (!ready()) return reason;
  return absl::StrCat(interface, ", ", MacToString(source), " > ",
                      MacToString(destination));
}

}  // namespace l275
