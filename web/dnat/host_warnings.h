#ifndef L275_WEB_DNAT_HOST_WARNINGS_H_
#define L275_WEB_DNAT_HOST_WARNINGS_H_

#include <string>
#include <vector>

#include "web/dnat/nat_rule.h"

namespace l275 {

// What this host lacks for the rules to do anything now, a line each: an
// interface, a local address. Rules may come first, so these are no errors.
std::vector<std::string> HostWarnings(const std::vector<NatRule>& rules);

}  // namespace l275

#endif  // L275_WEB_DNAT_HOST_WARNINGS_H_
