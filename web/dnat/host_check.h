#ifndef L275_WEB_DNAT_HOST_CHECK_H_
#define L275_WEB_DNAT_HOST_CHECK_H_

#include <string>
#include <vector>

#include "web/dnat/host_view.h"
#include "web/dnat/nat_rule.h"

namespace l275 {

// Something about the host that is not as the rules need it: what was found,
// and what mends it.
struct HostFinding {
  bool loses_traffic = false;  // otherwise it may, or it is no use
  std::string text;
};

// What is wrong with the host for these rules, each once: those that lose
// traffic first.
std::vector<HostFinding> CheckHost(const std::vector<NatRule>& rules,
                                   const HostView& host);

}  // namespace l275

#endif  // L275_WEB_DNAT_HOST_CHECK_H_
