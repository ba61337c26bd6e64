#ifndef L275_WEB_DNAT_HOST_WARNINGS_H_
#define L275_WEB_DNAT_HOST_WARNINGS_H_

#include <vector>

#include "web/dnat/nat_rule.h"

namespace l275 {

// Prints to stderr what CheckHost() finds. Warnings only: the rules may well be
// installed before the interface is up or the service listens.
void PrintHostWarnings(const std::vector<NatRule>& rules);

}  // namespace l275

#endif  // L275_WEB_DNAT_HOST_WARNINGS_H_
