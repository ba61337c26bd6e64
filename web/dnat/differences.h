#ifndef L275_WEB_DNAT_DIFFERENCES_H_
#define L275_WEB_DNAT_DIFFERENCES_H_

#include <string>
#include <vector>

#include "web/dnat/nat_rule.h"
#include "web/dnat/ruleset.h"

namespace l275 {

// What is different between the rules that were asked for (as ParseNatRules()
// orders them) and those that are installed: a line each, for people. Empty
// exactly when installing them would change nothing.
std::vector<std::string> Differences(const std::vector<NatRule>& asked,
                                     const Ruleset& installed);

}  // namespace l275

#endif  // L275_WEB_DNAT_DIFFERENCES_H_
