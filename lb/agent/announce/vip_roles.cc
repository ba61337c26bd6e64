#include "lb/agent/announce/vip_roles.h"

#include <algorithm>
#include <utility>

namespace l275 {
namespace {

void Forget(VipRole& role, VipRoles::TimePoint now) {
  auto& moves = role.recent_moves;
  moves.erase(std::remove_if(moves.begin(), moves.end(),
                             [&](VipRoles::TimePoint move) {
                               return now - move > VipRoles::kRecent;
                             }),
              moves.end());
}

}  // namespace

void VipRoles::Update(const std::map<Ipv4Address, uint64_t>& packets_of_vips,
                      const std::set<Ipv4Address>& local, TimePoint now) {
  std::map<Ipv4Address, Vip> next;
  for (const auto& [address, packets] : packets_of_vips) {
    const bool held = local.count(address) > 0;
    const auto known = vips_.find(address);
    Vip& vip = next[address];
    if (known == vips_.end()) {
      vip.role.held = held;
      vip.role.since = now;
      vip.packets = packets;
      continue;
    }
    vip = known->second;
    Forget(vip.role, now);
    if (vip.role.held != held) {
      vip.role.held = held;
      vip.role.since = now;
      ++vip.role.moves;
      vip.role.recent_moves.push_back(now);
    } else if (!held && now - vip.role.since > kGrace &&
               packets > vip.packets) {
      vip.role.strays += packets - vip.packets;
      vip.role.last_stray = now;
    }
    vip.packets = packets;
  }
  vips_ = std::move(next);
}

}  // namespace l275
