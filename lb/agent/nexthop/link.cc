#include "lb/agent/nexthop/link.h"

#include <algorithm>
#include <iterator>

namespace l275 {

bool Link::CanSendXdpFrames() const {
  static constexpr const char* kCannot[] = {
      "bridge",  "dummy", "ifb",  "ipvlan", "ipvtap", "macvlan",
      "macvtap", "team",  "vlan", "vrf",    "vxlan",  "wireguard"};
  return std::find(std::begin(kCannot), std::end(kCannot), kind) ==
         std::end(kCannot);
}

}  // namespace l275
