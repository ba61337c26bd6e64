#ifndef L275_WEB_DNAT_KEEP_H_
#define L275_WEB_DNAT_KEEP_H_

#include <vector>

#include "web/dnat/nat_rule.h"

namespace l275 {

// `dnat keep`: installs the rules and restores them (see RuleKeeper) until
// SIGTERM or SIGINT; the rules stay then. Notifies systemd when they are
// installed. Returns the process's exit code, 1 when they could not be
// installed.
int Keep(const std::vector<NatRule>& rules);

}  // namespace l275

#endif  // L275_WEB_DNAT_KEEP_H_
