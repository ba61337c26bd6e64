#include "lb/agent/vrrp/vip_roles.h"

#include <utility>

namespace l275 {

void VipRoles::Update(const std::map<Ipv4Address, uint64_t>& packets_of_vips,
                      const std::set<Ipv4Address>& local, TimePoint now) {
  std::map<Ipv4Address, Vip> next;
  for (const auto& [address, packets] : packets_of_vips) {
    const bool held = local.count(address) > 0;
    const auto known = vips_.find(address);
    Vip& vip = next[address];
    if (known == vips_.end()) {
      vip = {{held, now, 0}, packets};
      continue;
    }
    vip = known->second;
    if (vip.role.held != held) {
      vip.role.held = held;
      vip.role.since = now;
    } else if (!held && now - vip.role.since > kGrace &&
               packets > vip.packets) {
      vip.role.strays += packets - vip.packets;
    }
    vip.packets = packets;
  }
  vips_ = std::move(next);
}

}  // namespace l275
