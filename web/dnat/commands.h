#ifndef L275_WEB_DNAT_COMMANDS_H_
#define L275_WEB_DNAT_COMMANDS_H_

#include <vector>

#include "web/dnat/nat_rule.h"

namespace l275 {

// What dnat's commands do, in the caller's network namespace. Each prints its
// result to stdout, errors and warnings to stderr, and returns the process's
// exit code.

// 0: the table holds exactly these rules. 1: nothing changed.
int Apply(const std::vector<NatRule>& rules);

// 0: the table holds exactly these rules. 1: it does not, a line for each
// difference; or it could not be read.
int Check(const std::vector<NatRule>& rules);

int Show(bool as_json);

// Also 0 when there was nothing to remove.
int Remove();

}  // namespace l275

#endif  // L275_WEB_DNAT_COMMANDS_H_
