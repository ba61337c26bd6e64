#include "lb/agent/nexthop/next_hop_monitor.h"

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <chrono>
#include <iterator>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "common/os/status_util.h"
#include "glog/logging.h"

namespace l275 {
namespace {

constexpr int kGroups[] = {RTNLGRP_LINK,        RTNLGRP_NEIGH,
                           RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV4_ROUTE,
                           RTNLGRP_IPV4_RULE,   RTNLGRP_NEXTHOP};

// After which a request that failed for want of memory or of room in the
// neighbour table is made again.
constexpr std::chrono::seconds kRetryDelay{1};
// See NeighbourKeeper::Tick().
constexpr std::chrono::milliseconds kTick{250};

NextHopMonitor::TimePoint Now() { return std::chrono::steady_clock::now(); }

// The lowest address of `address`/`length`.
Ipv4Address NetworkOf(Ipv4Address address, int length) {
  const uint64_t mask = ~uint64_t{0} << (32 - length);
  return Ipv4Address::FromHost(static_cast<uint32_t>(address.ToHost() & mask));
}

}  // namespace

absl::StatusOr<std::unique_ptr<NextHopMonitor>> NextHopMonitor::Create(
    event_base* base, std::function<void()> on_change) {
  L275_ASSIGN_OR_RETURN(auto client, NetlinkClient::Create());
  auto monitor = absl::WrapUnique(
      new NextHopMonitor(base, std::move(client), std::move(on_change)));
  L275_RETURN_IF_ERROR(monitor->Start(base));
  return monitor;
}

NextHopMonitor::NextHopMonitor(event_base* base, NetlinkClient client,
                               std::function<void()> on_change)
    : client_(std::move(client)),
      on_change_(std::move(on_change)),
      links_(&client_),
      neighbours_(&client_),
      retry_(base, [this] { OnRetry(); }),
      tick_(base, kTick, [this] { OnTick(); }) {}

absl::Status NextHopMonitor::Start(event_base* base) {
  // Listens before it reads, to miss nothing in between.
  L275_ASSIGN_OR_RETURN(
      subscription_,
      NetlinkSubscription::Create(
          base, kGroups, [this](nlmsghdr* message) { noted_ |= Note(message); },
          [this](bool complete) { OnBatch(complete); }));
  return links_.Refresh().status();
}

void NextHopMonitor::SetTargets(const std::set<Ipv4Address>& targets) {
  for (auto it = routes_.begin(); it != routes_.end();) {
    it = targets.count(it->first) > 0 ? std::next(it) : routes_.erase(it);
  }
  for (const Ipv4Address target : targets) {
    if (routes_.count(target) == 0) Resolve(target);
  }
  WantNeighbours();
  Compose();
  RetryLaterIfFailed();
}

std::string NextHopMonitor::NeighbourState(Ipv4Address target) const {
  const auto found = routes_.find(target);
  const bool has_route = found != routes_.end() && found->second.ok();
  return NeighbourStateWord(
      has_route ? neighbours_.StateOf({found->second->ifindex, target})
                : NUD_NONE);
}

void NextHopMonitor::Probe(Ipv4Address target) {
  const auto found = routes_.find(target);
  if (found == routes_.end() || !found->second.ok()) return;
  neighbours_.Probe({found->second->ifindex, target}, Now());
}

bool NextHopMonitor::Note(nlmsghdr* message) {
  switch (message->nlmsg_type) {
    case RTM_NEWNEIGH:
    case RTM_DELNEIGH:
      return neighbours_.Note(message);
    case RTM_NEWROUTE:
    case RTM_DELROUTE:
      return NoteRoute(message);
    case RTM_NEWLINK:
    case RTM_DELLINK:
      // IPv4 routes vanish with their interface without a message of their own.
      return links_.Note(message) && NoteRoutes();
    default:  // addresses, rules, next-hop objects
      return NoteRoutes();
  }
}

bool NextHopMonitor::NoteRoute(nlmsghdr* message) {
  const auto route = NetlinkReply<rtmsg, RTA_MAX>::Parse(message);
  if (!route) return false;
  const int length = route->header().rtm_dst_len;
  const Ipv4Address network =
      route->Address(RTA_DST).value_or(Ipv4Address());  // absent: default route
  const auto first = routes_.lower_bound(network);
  const bool leads_to_target =
      first != routes_.end() && NetworkOf(first->first, length) == network;
  return leads_to_target && NoteRoutes();
}

bool NextHopMonitor::NoteRoutes() {
  routes_noted_ = true;
  return true;
}

void NextHopMonitor::NoteAll() {
  links_.NoteAll();
  neighbours_.NoteAll();
  noted_ = NoteRoutes();
}

void NextHopMonitor::OnBatch(bool complete) {
  if (!complete) {
    ++resyncs_;
    NoteAll();
  }
  if (std::exchange(noted_, false)) Refresh();
}

void NextHopMonitor::OnRetry() {
  neighbours_.NoteFailed();
  NoteRoutes();
  Refresh();
}

void NextHopMonitor::OnTick() {
  changes_log_.Tick(Now());
  losses_log_.Tick(Now());
  neighbours_.Tick(Now());
}

void NextHopMonitor::Refresh() {
  RefreshLinks();
  RefreshRoutes();
  WantNeighbours();
  neighbours_.Refresh();
  const bool next_hops_changed = Compose();
  RetryLaterIfFailed();
  if (std::exchange(links_changed_, false) || next_hops_changed) on_change_();
}

void NextHopMonitor::RefreshLinks() {
  const absl::StatusOr<bool> changed = links_.Refresh();
  links_failed_ = !changed.ok();
  LOG_IF(ERROR, links_failed_) << changed.status().message();
  links_changed_ |= changed.value_or(true);
}

void NextHopMonitor::RefreshRoutes() {
  if (!std::exchange(routes_noted_, false)) return;
  for (const auto& [target, route] : routes_) Resolve(target);
}

void NextHopMonitor::Resolve(Ipv4Address target) {
  absl::StatusOr<Route> route = ResolveRoute(client_, target);
  if (route.ok() && links_.Find(route->ifindex) == nullptr) {
    // The interface is so new that its notification is still to be read.
    links_changed_ |= links_.Refresh(route->ifindex).value_or(true);
  }
  routes_.insert_or_assign(target, std::move(route));
}

void NextHopMonitor::WantNeighbours() {
  std::set<NeighbourKey> wanted;
  for (const auto& [target, route] : routes_) {
    if (route.ok() && route->unusable.empty() &&
        CheckEgress(route->ifindex).ok()) {
      wanted.insert({route->ifindex, target});
    }
  }
  std::set<MacAddress> own;
  for (const auto& [ifindex, link] : links_.links()) own.insert(link.mac);
  neighbours_.SetOwnMacs(std::move(own));
  neighbours_.SetWanted(wanted);
}

bool NextHopMonitor::Compose() {
  std::map<Ipv4Address, NextHop> next_hops;
  for (const auto& [target, route] : routes_) {
    next_hops.emplace(target, Compose(target));
  }
  std::swap(next_hops, next_hops_);
  if (next_hops == next_hops_) return false;
  NoteChanges(next_hops);
  return true;
}

void NextHopMonitor::NoteChanges(const std::map<Ipv4Address, NextHop>& old) {
  for (auto it = changed_at_.begin(); it != changed_at_.end();) {
    it =
        next_hops_.count(it->first) > 0 ? std::next(it) : changed_at_.erase(it);
  }
  for (const auto& [target, hop] : next_hops_) {
    const auto before = old.find(target);
    if (before != old.end() && before->second == hop) continue;
    changed_at_[target] = Now();
    Log(target, before == old.end() ? nullptr : &before->second);
  }
}

void NextHopMonitor::Log(Ipv4Address target, const NextHop* old) {
  const NextHop& hop = next_hops_.at(target);
  const std::string backend = absl::StrCat("backend ", target.ToString());
  const std::string was = old != nullptr && old->ready() && hop.ready()
                              ? absl::StrCat(" (was ", old->ToString(), ")")
                              : "";
  if (hop.ready()) {
    changes_log_.Log(absl::StrCat(backend, ": next hop ", hop.ToString(), was,
                                  SharedMacText(target)),
                     Now());
  } else {
    losses_log_.Log(absl::StrCat(backend, ": no next hop: ", hop.ToString()),
                    Now());
  }
}

// A server may have two addresses; or somebody answers for another's.
std::string NextHopMonitor::SharedMacText(Ipv4Address target) const {
  const MacAddress& mac = next_hops_.at(target).destination;
  for (const auto& [other, hop] : next_hops_) {
    if (other != target && hop.ready() && hop.destination == mac) {
      return absl::StrCat("; backend ", other.ToString(),
                          " has the same MAC address");
    }
  }
  return "";
}

NextHop NextHopMonitor::Compose(Ipv4Address target) const {
  NextHop hop;
  const absl::StatusOr<Route>& route = routes_.at(target);
  if (!route.ok()) {
    hop.reason = std::string(route.status().message());
    return hop;
  }
  FillEgress(*route, &hop);
  if (hop.reason.empty()) FillNeighbour(target, &hop);
  return hop;
}

void NextHopMonitor::FillEgress(const Route& route, NextHop* hop) const {
  hop->ifindex = route.ifindex;
  if (const Link* link = links_.Find(route.ifindex)) {
    hop->interface = link->name;
    hop->source = link->mac;
  }
  if (!route.unusable.empty()) {
    hop->state = NextHop::State::kUnusable;
    hop->gateway = route.gateway;
    hop->reason = route.unusable;
    return;
  }
  hop->reason = std::string(CheckEgress(route.ifindex).message());
}

void NextHopMonitor::FillNeighbour(Ipv4Address address, NextHop* hop) const {
  const auto mac = neighbours_.Find({hop->ifindex, address});
  hop->state = mac.ok() ? NextHop::State::kReady : NextHop::State::kNoNeighbour;
  if (mac.ok()) {
    hop->destination = *mac;
    return;
  }
  hop->failed_before = neighbours_.FailedBefore({hop->ifindex, address});
  hop->reason = std::string(mac.status().message());
  // The same while the kernel asks as after it gave up: it goes on asking.
  if (hop->reason.empty()) {
    hop->reason = absl::StrCat("no ARP answer from ", address.ToString(),
                               " on ", hop->interface);
  }
}

absl::Status NextHopMonitor::CheckEgress(uint32_t ifindex) const {
  const Link* link = links_.Find(ifindex);
  if (link == nullptr) return absl::NotFoundError("its interface is gone");
  if (!link->ethernet) {
    return absl::NotFoundError(
        absl::StrCat("interface ", link->name, " is not Ethernet"));
  }
  if (!link->CanSendXdpFrames()) {
    return absl::NotFoundError(absl::StrCat("interface ", link->name, " is a ",
                                            link->kind,
                                            ", which cannot send XDP frames"));
  }
  if (!link->up) {
    return absl::NotFoundError(
        absl::StrCat("interface ", link->name, " is down"));
  }
  return absl::OkStatus();
}

bool NextHopMonitor::HasFailed() const {
  for (const auto& [target, route] : routes_) {
    if (IsFailure(route.status())) return true;
  }
  return links_failed_ || neighbours_.HasFailed();
}

void NextHopMonitor::RetryLaterIfFailed() {
  if (HasFailed() && !retry_.IsRunning()) retry_.Start(kRetryDelay);
}

}  // namespace l275
