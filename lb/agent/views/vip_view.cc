#include "lb/agent/views/vip_view.h"

#include <algorithm>
#include <set>

namespace l275 {
namespace {

std::set<Ipv4Address> VipsOf(const AgentView& view) {
  std::set<Ipv4Address> vips;
  for (const auto& [address, service] : view.writer.services()) {
    vips.insert(address.vip);
  }
  return vips;
}

bool IsServed(const AgentView& view, const Link& link) {
  const auto& names = view.attachments.interfaces();
  return std::any_of(names.begin(), names.end(), [&](const auto& name) {
    const XdpAttachment* const attachment = view.attachments.Find(name);
    return attachment != nullptr && attachment->ifindex() == link.ifindex;
  });
}

}  // namespace

std::vector<VipCoverage> ViewVipCoverage(const AgentView& view) {
  std::vector<VipCoverage> result;
  for (const Ipv4Address vip : VipsOf(view)) {
    result.push_back(
        CoverageOf(vip, view.addresses.entries(), view.next_hops.links(),
                   [&](const Link& link) { return IsServed(view, link); }));
  }
  return result;
}

}  // namespace l275
