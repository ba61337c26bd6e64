#ifndef L275_WEB_DNAT_COMMANDS_H_
#define L275_WEB_DNAT_COMMANDS_H_

#include <optional>
#include <vector>

#include "common/net/ipv4_address.h"
#include "web/dnat/nat_rule.h"

namespace l275 {

// What dnat's commands do, in the caller's network namespace. Each prints its
// result to stdout, errors and warnings to stderr, and returns the process's
// exit code.

// 0: the table holds exactly these rules. 1: nothing changed. Refuses a change
// while `dnat keep` runs, which would undo it.
int Apply(const std::vector<NatRule>& rules);

// 0: the table holds exactly these rules, and the host is as they need it. 1:
// not so, a line for each difference; or it could not be read. Warnings, of
// what does not lose traffic or cannot be known, leave the code at 0. `client`
// is a client to look up the route to.
int Check(const std::vector<NatRule>& rules, std::optional<Ipv4Address> client);

int Show(bool as_json);

// Also 0 when there was nothing to remove. Refuses while `dnat keep` runs.
int Remove();

}  // namespace l275

#endif  // L275_WEB_DNAT_COMMANDS_H_
