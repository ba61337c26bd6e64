#ifndef L275_LB_AGENT_PUBLISH_VIRTUAL_ROUTERS_H_
#define L275_LB_AGENT_PUBLISH_VIRTUAL_ROUTERS_H_

#include <cstdint>
#include <set>

namespace l275 {

// The VRRP virtual routers (VRIDs) of which an interface is a member, and those
// of them that this host is the active one of.
struct VirtualRouters {
  std::set<uint8_t> member;
  std::set<uint8_t> active;

  friend bool operator==(const VirtualRouters& a, const VirtualRouters& b) {
    return a.member == b.member && a.active == b.active;
  }
};

}  // namespace l275

#endif  // L275_LB_AGENT_PUBLISH_VIRTUAL_ROUTERS_H_
