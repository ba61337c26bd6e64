#ifndef L275_LB_AGENT_ANNOUNCE_VIP_ROLES_H_
#define L275_LB_AGENT_ANNOUNCE_VIP_ROLES_H_

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "common/net/ipv4_address.h"

namespace l275 {

// Whether this load balancer holds a VIP, and what it forwarded for it although
// it does not: packets that come to a backup mean that some host believes it to
// be the active one. That is what a split brain looks like from here.
struct VipRole {
  bool held = false;
  std::chrono::steady_clock::time_point since;
  uint64_t strays = 0;  // packets, while not held
  std::optional<std::chrono::steady_clock::time_point> last_stray;
  uint64_t moves = 0;  // times it came to this host, or left it
  // When, of the last kRecent.
  std::vector<std::chrono::steady_clock::time_point> recent_moves;
};

// The roles for all VIPs. A value that time passes by; neither reads a clock
// nor does input or output.
class VipRoles {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  // Neighbours learn of a new active one within this time; what comes until
  // then is no stray.
  static constexpr std::chrono::seconds kGrace{2};
  static constexpr std::chrono::minutes kRecent{10};

  // What is so now: the VIPs, with the packets that were forwarded for each
  // since the counters began, and this host's addresses. A VIP that is new
  // takes its role from now on.
  void Update(const std::map<Ipv4Address, uint64_t>& packets_of_vips,
              const std::set<Ipv4Address>& local, TimePoint now);

  struct Vip {
    VipRole role;
    uint64_t packets = 0;  // when it was looked at last
  };
  const std::map<Ipv4Address, Vip>& vips() const { return vips_; }

 private:
  std::map<Ipv4Address, Vip> vips_;
};

}  // namespace l275

#endif  // L275_LB_AGENT_ANNOUNCE_VIP_ROLES_H_
