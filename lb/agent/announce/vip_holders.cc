#include "lb/agent/announce/vip_holders.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace l275 {
namespace {

using Kind = VipHolders::Fault::Kind;
using Peers = std::map<Ipv4Address, VipHolders::Peer>;

// Whether all peers that make it a fault have sent something since it began.
bool IsConfirmed(const VipHolders::Fault& fault, const Peers& peers) {
  return std::all_of(peers.begin(), peers.end(), [&](const auto& peer) {
    const bool concerned =
        fault.kind == Kind::kNoHolder || peer.second.held.count(fault.vip) > 0;
    return !concerned || peer.second.last_message > fault.since;
  });
}

}  // namespace

std::string VipHolders::Fault::ToString(TimePoint now) const {
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(now - since).count();
  if (kind == Kind::kNoHolder && !all_heard) {
    return absl::StrCat("no holder: ", vip.ToString(),
                        " is not on this host for ", seconds,
                        " s, and not all peers are heard; is keepalived "
                        "running?");
  }
  if (kind == Kind::kNoHolder) {
    return absl::StrCat("no holder: ", vip.ToString(),
                        " is on no load balancer for ", seconds,
                        " s; is keepalived running?");
  }
  std::vector<std::string> holders;
  if (held_here) holders.push_back("this host");
  for (const Ipv4Address peer : peers) {
    holders.push_back(absl::StrCat("peer ", peer.ToString()));
  }
  return absl::StrCat("split brain: ", vip.ToString(), " is held by ",
                      absl::StrJoin(holders, " and by "), " for ", seconds,
                      " s; do VRRP's adverts get through?");
}

void VipHolders::Update(const std::set<Ipv4Address>& vips,
                        const std::set<Ipv4Address>& held_here,
                        const Peers& peers, bool all_heard, TimePoint now) {
  std::map<Ipv4Address, Fault> seen;
  faults_.clear();
  for (const Ipv4Address vip : vips) {
    Fault fault;
    fault.vip = vip;
    fault.held_here = held_here.count(vip) > 0;
    for (const auto& [address, peer] : peers) {
      if (peer.held.count(vip) > 0) fault.peers.push_back(address);
    }
    const size_t holders = fault.peers.size() + (fault.held_here ? 1 : 0);
    if (holders == 1) continue;
    fault.all_heard = all_heard;
    fault.kind = holders == 0 ? Kind::kNoHolder : Kind::kSplitBrain;
    const auto before = seen_.find(vip);
    fault.since = before != seen_.end() && before->second.kind == fault.kind
                      ? before->second.since
                      : now;
    const auto grace = holders == 0 && !all_heard ? kSilentGrace : kGrace;
    if (now - fault.since >= grace && IsConfirmed(fault, peers)) {
      faults_[vip] = fault;
    }
    seen[vip] = std::move(fault);
  }
  seen_ = std::move(seen);
}

}  // namespace l275
