#include "lb/agent/core/vip_watch.h"

#include <glog/logging.h>

#include <chrono>
#include <set>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "common/os/status_util.h"
#include "lb/agent/announce/virtual_routers.h"
#include "lb/agent/maps/counters.h"

namespace l275 {
namespace {

constexpr std::chrono::milliseconds kBetweenHolders(250);

HealthTime Now() { return std::chrono::steady_clock::now(); }

absl::StatusOr<std::map<Ipv4Address, uint64_t>> PacketsOfVips(
    const Maps& maps, const MapWriter& writer) {
  std::map<Ipv4Address, uint64_t> packets;
  for (const auto& [address, service] : writer.services()) {
    L275_ASSIGN_OR_RETURN(
        const auto counters,
        ReadCounters(maps.service_counters_fd(), {service.id}));
    packets[address.vip] += counters.front().packets;
  }
  return packets;
}

std::set<Ipv4Address> HeldVips(const VipRoles& roles) {
  std::set<Ipv4Address> held;
  for (const auto& [address, vip] : roles.vips()) {
    if (vip.role.held) held.insert(address);
  }
  return held;
}

}  // namespace

VipWatch::VipWatch(event_base* base, AgentParts* parts,
                   const DesiredState* desired)
    : base_(base),
      parts_(*parts),
      desired_(*desired),
      log_(base, "moves of VIPs") {}

void VipWatch::WatchHolders(std::function<void()> on_fault) {
  on_fault_ = std::move(on_fault);
  holders_timer_.emplace(base_, kBetweenHolders, [this] { UpdateHolders(); });
}

void VipWatch::Update() {
  const absl::StatusOr<std::map<Ipv4Address, uint64_t>> packets =
      PacketsOfVips(*parts_.maps, *parts_.writer);
  const auto before = roles_.vips();
  if (packets.ok()) {
    roles_.Update(*packets, parts_.local_addresses->addresses(), Now());
  } else {
    LOG(ERROR) << packets.status().message();
  }
  if (parts_.sync != nullptr) parts_.sync->SetHeld(HeldVips(roles_));
  for (const auto& [address, vip] : roles_.vips()) {
    const auto known = before.find(address);
    if (known != before.end() && known->second.role.held == vip.role.held) {
      continue;
    }
    log_.Log(absl::StrCat(
        "VIP ", address.ToString(),
        vip.role.held ? " is on this host" : " is not on this host"));
  }
}

// Without peers nobody knows whether another host holds a VIP.
void VipWatch::UpdateHolders() {
  if (parts_.sync == nullptr) return;
  std::set<Ipv4Address> vips;
  for (const auto& [address, vip] : roles_.vips()) vips.insert(address);
  std::map<Ipv4Address, VipHolders::Peer> peers;
  const auto heard = parts_.sync->listener().heard();
  for (const auto& [address, peer] : heard) {
    if (!peer.since.has_value() || !peer.last.has_value()) continue;
    peers[address] = {parts_.sync->sink().peers().at(address).held, *peer.last};
  }
  const bool all_heard = !heard.empty() && peers.size() == heard.size();
  const size_t before = holders_.faults().size();
  holders_.Update(vips, HeldVips(roles_), peers, all_heard, Now());
  if (holders_.faults().size() != before) on_fault_();
}

void VipWatch::WriteVirtualRouters() {
  if (parts_.writer != nullptr) parts_.writer->SetVirtualRouters(FindRouters());
}

void VipWatch::ForwardAsAnyMember() {
  std::map<uint32_t, VirtualRouters> routers = FindRouters();
  for (auto& [ifindex, of_interface] : routers) {
    of_interface.active = of_interface.member;
  }
  parts_.writer->SetVirtualRouters(std::move(routers));
}

std::map<uint32_t, VirtualRouters> VipWatch::FindRouters() const {
  std::set<Ipv4Address> vips;
  for (const auto& [address, service] : desired_) {
    vips.insert(address.vip);
  }
  const auto& links = parts_.next_hops->links();
  return FindVirtualRouters(links, parts_.local_addresses->entries(),
                            parts_.attachments->IngressMacs(links), vips);
}

}  // namespace l275
