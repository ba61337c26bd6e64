#include "lb/agent/announce/vip_coverage.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace l275 {
namespace {

using Links = std::map<uint32_t, Link>;
using Carries = absl::FunctionRef<bool(const Link&)>;

// Frames come in only by an interface that is connected to something. A VIP
// that routers send here may be on the loopback or on a dummy interface.
const Link* FindConnected(const Links& links, uint32_t ifindex) {
  const auto found = links.find(ifindex);
  if (found == links.end()) return nullptr;
  const Link& link = found->second;
  return link.ethernet && link.kind != "dummy" ? &link : nullptr;
}

std::vector<const Link*> LinksWithVip(Ipv4Address vip,
                                      absl::Span<const HostAddress> addresses,
                                      const Links& links) {
  std::vector<const Link*> found;
  for (const HostAddress& entry : addresses) {
    if (entry.address != vip) continue;
    const Link* const link = FindConnected(links, entry.ifindex);
    if (link != nullptr) found.push_back(link);
  }
  return found;
}

// Of the smallest subnet that the VIP is in.
std::vector<const Link*> LinksOfSubnet(Ipv4Address vip,
                                       absl::Span<const HostAddress> addresses,
                                       const Links& links) {
  std::vector<const Link*> found;
  int longest = 0;
  for (const HostAddress& entry : addresses) {
    const Link* const link = FindConnected(links, entry.ifindex);
    if (link == nullptr || entry.address == vip || !entry.Covers(vip) ||
        entry.prefix_length < longest) {
      continue;
    }
    if (entry.prefix_length > longest) found.clear();
    longest = entry.prefix_length;
    found.push_back(link);
  }
  return found;
}

bool LiesBelow(const Link& lower, const Link& link) {
  return lower.master == link.ifindex ||
         (link.kind == "macvlan" && link.lower == lower.ifindex);
}

bool IsCovered(const Link& link, const Links& links, Carries carries) {
  if (carries(link)) return true;
  return std::any_of(links.begin(), links.end(), [&](const auto& other) {
    return LiesBelow(other.second, link) && carries(other.second);
  });
}

std::string NamesOf(absl::Span<const Link* const> links) {
  return absl::StrJoin(links, ", ", [](std::string* out, const Link* link) {
    out->append(link->name);
  });
}

}  // namespace

VipCoverage CoverageOf(Ipv4Address vip, absl::Span<const HostAddress> addresses,
                       const Links& links, Carries carries) {
  const std::string name = vip.ToString();
  std::vector<const Link*> found = LinksWithVip(vip, addresses, links);
  const bool held = !found.empty();
  if (!held) found = LinksOfSubnet(vip, addresses, links);
  if (found.empty()) {
    return {VipCoverage::State::kUnknown, vip,
            absl::StrCat(name,
                         " is in no subnet of this host, so nothing says "
                         "whether its frames come in on an interface with the "
                         "load balancer's program")};
  }
  for (const Link* link : found) {
    if (IsCovered(*link, links, carries)) {
      return {VipCoverage::State::kCovered, vip, ""};
    }
  }
  return {VipCoverage::State::kUncovered, vip,
          absl::StrCat(name, held ? " is on " : " is in the subnet of ",
                       NamesOf(found),
                       ", which has no load balancer's program; expected "
                       "--interface to name it")};
}

}  // namespace l275
