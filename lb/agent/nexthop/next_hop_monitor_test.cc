#include "lb/agent/nexthop/next_hop_monitor.h"

#include <linux/capability.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/netlink/netlink_client.h"
#include "common/netlink/netlink_message.h"
#include "common/testing/log_capture.h"
#include "common/testing/run_until.h"
#include "common/testing/test_namespace.h"
#include "glog/logging.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace l275 {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

Ipv4Address Address(absl::string_view text) {
  return *Ipv4Address::Parse(text);
}

// The log lines about backends.
class BackendLog : public google::LogSink {
 public:
  BackendLog() { google::AddLogSink(this); }
  ~BackendLog() override { google::RemoveLogSink(this); }
  void send(google::LogSeverity, const char*, const char*, int, const tm*,
            const char* message, size_t length) override {
    const std::string line(message, length);
    if (absl::StartsWith(line, "backend ")) lines.push_back(line);
  }
  using LogSink::send;

  std::vector<std::string> lines;
};

// Takes CAP_NET_ADMIN from the thread while it lives.
class WithoutNetAdmin {
 public:
  WithoutNetAdmin() {
    PCHECK(syscall(SYS_capget, &header_, data_) == 0);
    SetEffective(data_[0].effective & ~(1u << CAP_NET_ADMIN));
  }
  ~WithoutNetAdmin() { SetEffective(data_[0].effective); }

 private:
  void SetEffective(uint32_t effective) {
    __user_cap_data_struct data[] = {data_[0], data_[1]};
    data[0].effective = effective;
    PCHECK(syscall(SYS_capset, &header_, data) == 0);
  }

  __user_cap_header_struct header_ = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data_[2];
};

// A load balancer with two networks, and a peer that has a router's and the
// backends' addresses on both.
class NextHopMonitorTest : public testing::Test {
 protected:
  NextHopMonitorTest() {
    Plug("1");
    Plug("2");
    peer_.Ip("addr add 10.0.1.101/24 dev p1");
    peer_.Ip("addr add 10.0.1.254/24 dev p1");
    peer_.Ip("addr add 10.0.2.254/24 dev p2");
    auto monitor = NextHopMonitor::Create(base_.get(), [this] { ++changes_; });
    EXPECT_TRUE(monitor.ok()) << monitor.status();
    monitor_ = *std::move(monitor);
    // The kernel tells of carriers later than of what brought them.
    EXPECT_TRUE(
        RunUntil(base_.get(), [this] { return IsUp("eth1") && IsUp("eth2"); }));
    changes_ = 0;
  }

  bool IsUp(const char* name) {
    return monitor_->links().at(if_nametoindex(name)).up;
  }

  void Plug(const std::string& n) {
    host_.Connect("eth" + n, peer_, "p" + n);
    host_.Ip("addr add 10.0." + n + ".1/24 dev eth" + n);
  }

  void SetTarget(absl::string_view target) {
    target_ = Address(target);
    monitor_->SetTargets({target_});
  }

  const NextHop& Hop() { return monitor_->next_hops().at(target_); }

  bool RunUntilReady() {
    return RunUntil(base_.get(), [this] { return Hop().ready(); });
  }
  bool RunUntilReadyOn(absl::string_view interface) {
    return RunUntil(base_.get(), [&] {
      return Hop().ready() && Hop().interface == interface;
    });
  }
  // The peer answers for the address on either.
  void PutOnBothNetworks(const std::string& address) {
    peer_.Ip("addr add " + address + "/32 dev p1");
    peer_.Ip("addr add " + address + "/32 dev p2");
  }
  bool RunUntilNotReady() {
    return RunUntil(base_.get(), [this] { return !Hop().ready(); });
  }

  // Faster than ip(8).
  static absl::Status SetNeighbour(NetlinkClient& client,
                                   absl::string_view address,
                                   const MacAddress& mac) {
    ndmsg header{};
    header.ndm_family = AF_INET;
    header.ndm_ifindex = static_cast<int>(if_nametoindex("eth1"));
    header.ndm_state = NUD_PERMANENT;
    NetlinkRequest request(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, header);
    request.Put(NDA_DST, Address(address));
    nla_put(request.get(), NDA_LLADDR, mac.size(), mac.data());
    return client.Call(request, "RTM_NEWNEIGH");
  }

  // Handles the notifications that are there.
  void RunOnce() { event_base_loop(base_.get(), EVLOOP_NONBLOCK); }

  TestNamespace host_, peer_;
  TestNamespace::Scope inside_{host_};
  EventBasePtr base_{event_base_new()};
  std::unique_ptr<NextHopMonitor> monitor_;
  Ipv4Address target_;
  int changes_ = 0;
};

TEST_F(NextHopMonitorTest, BackendOnLinkIsResolvedByTheKernel) {
  SetTarget("10.0.1.101");
  ASSERT_TRUE(RunUntilReady());
  EXPECT_EQ(Hop().interface, "eth1");
  EXPECT_EQ(Hop().ifindex, if_nametoindex("eth1"));
  EXPECT_FALSE(Hop().gateway.has_value());
  EXPECT_EQ(Hop().destination, peer_.MacOf("p1"));
  EXPECT_EQ(Hop().source, host_.MacOf("eth1"));
  EXPECT_EQ(Hop().reason, "");
  EXPECT_THAT(host_.NeighbourText("10.0.1.101"), HasSubstr("managed"));
}

TEST_F(NextHopMonitorTest, WhatTheKernelKnowsIsThereAtOnce) {
  host_.Ip("neigh add 10.0.1.9 lladdr 02:00:00:00:00:09 dev eth1 nud stale");
  SetTarget("10.0.1.9");
  EXPECT_TRUE(Hop().ready());
  EXPECT_EQ(Hop().destination, (MacAddress{2, 0, 0, 0, 0, 9}));
}

TEST_F(NextHopMonitorTest, BackendBehindARouterIsUnusable) {
  host_.Ip("route add 10.9.0.0/24 via 10.0.2.254");
  SetTarget("10.9.0.7");
  EXPECT_EQ(Hop().state, NextHop::State::kUnusable);
  EXPECT_EQ(Hop().gateway, Address("10.0.2.254"));
  EXPECT_EQ(Hop().interface, "eth2");
  EXPECT_EQ(Hop().reason,
            "behind router 10.0.2.254: the next hop has to be the server "
            "itself");
  EXPECT_EQ(host_.NeighbourText("10.0.2.254"), "");
  host_.Ip("route replace 10.9.0.0/24 dev eth2");
  peer_.Ip("addr add 10.9.0.7/24 dev p2");
  ASSERT_TRUE(RunUntilReady());
  EXPECT_FALSE(Hop().gateway.has_value());
  EXPECT_EQ(Hop().destination, peer_.MacOf("p2"));
}

// The route to a server whose interface was taken down may be the default one.
TEST_F(NextHopMonitorTest, AServerThatARouterTakesOverIsUnusable) {
  host_.Ip("route add default via 10.0.2.254");
  SetTarget("10.0.1.101");
  ASSERT_TRUE(RunUntilReady());
  host_.Ip("link set eth1 down");
  ASSERT_TRUE(RunUntilNotReady());
  EXPECT_EQ(Hop().state, NextHop::State::kUnusable);
}

TEST_F(NextHopMonitorTest, SilentBackendHasNoNeighbour) {
  SetTarget("10.0.1.77");
  EXPECT_EQ(Hop().state, NextHop::State::kNoNeighbour);
  EXPECT_EQ(Hop().reason, "no ARP answer from 10.0.1.77 on eth1");
  peer_.Ip("addr add 10.0.1.77/24 dev p1");
  EXPECT_TRUE(RunUntilReady());
}

TEST_F(NextHopMonitorTest, ShowsTheNeighboursStateAndWhenItChanged) {
  const auto start = std::chrono::steady_clock::now();
  SetTarget("10.0.1.101");
  ASSERT_TRUE(RunUntilReady());
  EXPECT_EQ(monitor_->NeighbourState(target_), "reachable");
  const auto changed = monitor_->ChangedAt(target_);
  EXPECT_GT(changed, start);
  host_.Ip(
      "neigh replace 10.0.1.101 lladdr 02:00:00:00:00:aa dev eth1 nud "
      "permanent");
  ASSERT_TRUE(RunUntil(base_.get(), [this] {
    return monitor_->NeighbourState(target_) == "permanent";
  }));
  EXPECT_GT(monitor_->ChangedAt(target_), changed);
  SetTarget("203.0.113.1");
  EXPECT_EQ(monitor_->NeighbourState(target_), "none");
}

TEST_F(NextHopMonitorTest, FollowsNeighboursNewMac) {
  SetTarget("10.0.1.101");
  ASSERT_TRUE(RunUntilReady());
  peer_.SetSysctl("ipv4/conf/p1/arp_notify", "1");  // tells its neighbours
  peer_.Ip("link set p1 address 02:00:00:00:00:09");
  EXPECT_TRUE(RunUntil(base_.get(), [this] {
    return Hop().destination == MacAddress{2, 0, 0, 0, 0, 9};
  }));
  EXPECT_TRUE(Hop().ready());
}

TEST_F(NextHopMonitorTest, FollowsRouteToAnotherInterface) {
  host_.Ip("route add 10.9.0.0/24 dev eth1");
  PutOnBothNetworks("10.9.0.7");
  SetTarget("10.9.0.7");
  ASSERT_TRUE(RunUntilReadyOn("eth1"));
  host_.Ip("route replace 10.9.0.0/24 dev eth2");
  ASSERT_TRUE(RunUntilReadyOn("eth2"));
  EXPECT_EQ(Hop().destination, peer_.MacOf("p2"));
  EXPECT_THAT(host_.NeighbourText("10.9.0.7 dev eth1"),
              Not(HasSubstr("managed")));
  EXPECT_THAT(host_.NeighbourText("10.9.0.7 dev eth2"), HasSubstr("managed"));
}

TEST_F(NextHopMonitorTest, FollowsMoreSpecificRouteDefaultRouteAndRule) {
  host_.Ip("route add default dev eth1");
  PutOnBothNetworks("10.9.0.7");
  SetTarget("10.9.0.7");
  ASSERT_TRUE(RunUntilReadyOn("eth1"));
  host_.Ip("route add 10.9.0.0/29 dev eth2");
  EXPECT_TRUE(RunUntilReadyOn("eth2"));
  host_.Ip("route del 10.9.0.0/29");
  EXPECT_TRUE(RunUntilReadyOn("eth1"));
  host_.Ip("route add default dev eth2 table 100");
  RunOnce();
  host_.Ip("rule add to 10.9.0.7 lookup 100");
  EXPECT_TRUE(RunUntilReadyOn("eth2"));
  host_.Ip("route del default table 100");
  EXPECT_TRUE(RunUntilReadyOn("eth1"));
}

TEST_F(NextHopMonitorTest, FollowsNextHopObject) {
  host_.Ip("nexthop add id 1 dev eth1");
  host_.Ip("route add 10.9.0.0/24 nhid 1");
  PutOnBothNetworks("10.9.0.7");
  SetTarget("10.9.0.7");
  ASSERT_TRUE(RunUntilReadyOn("eth1"));
  RunOnce();
  host_.SetSysctl("ipv4/nexthop_compat_mode", "0");  // no route messages
  host_.Ip("nexthop replace id 1 dev eth2");
  EXPECT_TRUE(RunUntilReadyOn("eth2"));
}

TEST_F(NextHopMonitorTest, FollowsInterfaceDownAndUp) {
  SetTarget("10.0.1.101");
  ASSERT_TRUE(RunUntilReady());
  host_.Ip("link set eth1 down");
  ASSERT_TRUE(RunUntilNotReady());
  EXPECT_EQ(Hop().state, NextHop::State::kNoRoute);
  host_.Ip("link set eth1 up");
  ASSERT_TRUE(RunUntilReady());
  EXPECT_THAT(host_.NeighbourText("10.0.1.101"), HasSubstr("managed"));
}

TEST_F(NextHopMonitorTest, FollowsCarrier) {
  SetTarget("10.0.1.101");
  ASSERT_TRUE(RunUntilReady());
  peer_.Ip("link set p1 down");
  ASSERT_TRUE(RunUntilNotReady());
  EXPECT_EQ(Hop().state, NextHop::State::kNoRoute);
  EXPECT_EQ(Hop().reason, "interface eth1 is down");
  peer_.Ip("link set p1 up");
  EXPECT_TRUE(RunUntilReady());
}

TEST_F(NextHopMonitorTest, FollowsItsOwnMac) {
  SetTarget("10.0.1.101");
  ASSERT_TRUE(RunUntilReady());
  const MacAddress mac = {2, 0, 0, 0, 0, 7};
  host_.Ip("link set eth1 address 02:00:00:00:00:07");
  ASSERT_TRUE(RunUntil(base_.get(),
                       [&] { return Hop().ready() && Hop().source == mac; }));
  EXPECT_EQ(monitor_->links().at(if_nametoindex("eth1")).mac, mac);
}

TEST_F(NextHopMonitorTest, FollowsInterfaceDeletedAndMadeAgain) {
  SetTarget("10.0.1.101");
  ASSERT_TRUE(RunUntilReady());
  const uint32_t old_ifindex = Hop().ifindex;
  host_.Ip("link del eth1");
  ASSERT_TRUE(RunUntilNotReady());
  EXPECT_EQ(monitor_->links().count(old_ifindex), 0u);
  Plug("1");
  peer_.Ip("addr add 10.0.1.101/24 dev p1");
  ASSERT_TRUE(RunUntilReady());
  EXPECT_NE(Hop().ifindex, old_ifindex);
  EXPECT_EQ(Hop().ifindex, if_nametoindex("eth1"));
  EXPECT_EQ(Hop().destination, peer_.MacOf("p1"));
}

TEST_F(NextHopMonitorTest, FlushedNeighbourIsResolvedAgain) {
  SetTarget("10.0.1.101");
  ASSERT_TRUE(RunUntilReady());
  host_.Ip("neigh flush all");
  ASSERT_EQ(host_.NeighbourText("10.0.1.101"), "");
  RunOnce();
  EXPECT_TRUE(RunUntilReady());
  EXPECT_THAT(host_.NeighbourText("10.0.1.101"), HasSubstr("managed"));
}

TEST_F(NextHopMonitorTest, PermanentNeighbourIsUsedAndNotTouched) {
  host_.Ip("neigh add 10.0.1.9 lladdr 02:00:00:00:00:09 dev eth1");
  const std::string before = host_.NeighbourText("10.0.1.9");
  ASSERT_THAT(before, HasSubstr("PERMANENT"));
  SetTarget("10.0.1.9");
  EXPECT_TRUE(Hop().ready());
  peer_.Ip("link set p1 down");
  EXPECT_TRUE(RunUntilNotReady());
  peer_.Ip("link set p1 up");
  EXPECT_TRUE(RunUntilReady());
  monitor_->SetTargets({});
  EXPECT_EQ(host_.NeighbourText("10.0.1.9"), before);
}

TEST_F(NextHopMonitorTest, ManagesItsTargetsOnly) {
  monitor_->SetTargets({Address("10.0.1.7"), Address("10.0.1.8")});
  EXPECT_EQ(monitor_->next_hops().size(), 2u);
  monitor_->SetTargets({Address("10.0.1.8")});
  EXPECT_EQ(monitor_->next_hops().size(), 1u);
  EXPECT_THAT(host_.NeighbourText("10.0.1.7"), Not(HasSubstr("managed")));
  EXPECT_THAT(host_.NeighbourText("10.0.1.8"), HasSubstr("managed"));
  monitor_->SetTargets({});
  EXPECT_TRUE(monitor_->next_hops().empty());
  EXPECT_THAT(host_.NeighbourText("10.0.1.8"), Not(HasSubstr("managed")));
}

TEST_F(NextHopMonitorTest, SaysWhyThereIsNoRoute) {
  host_.Ip("route add 10.8.0.0/24 dev lo");
  host_.Ip("link add br0 type bridge");
  host_.Ip("link set br0 up");
  host_.Ip("route add 10.7.0.0/24 dev br0");
  const struct {
    const char* description;
    const char* target;
    NextHop::State state;
    const char* reason;
  } kRows[] = {
      {"no route", "192.0.2.1", NextHop::State::kNoRoute,
       "Network is unreachable"},
      {"this host", "10.0.1.1", NextHop::State::kUnusable,
       "an address of this host"},
      {"broadcast", "10.0.1.255", NextHop::State::kUnusable,
       "not the address of one host"},
      {"loopback interface", "10.8.0.1", NextHop::State::kNoRoute,
       "interface lo is not Ethernet"},
      {"a bridge", "10.7.0.1", NextHop::State::kNoRoute,
       "br0 is a bridge, which cannot send XDP"},
  };
  for (const auto& row : kRows) {
    SetTarget(row.target);
    EXPECT_EQ(Hop().state, row.state) << row.description;
    EXPECT_THAT(Hop().reason, HasSubstr(row.reason)) << row.description;
  }
}

TEST_F(NextHopMonitorTest, RouteThatAppearsIsFollowed) {
  SetTarget("10.9.0.7");
  ASSERT_EQ(Hop().state, NextHop::State::kNoRoute);
  peer_.Ip("addr add 10.9.0.7/24 dev p2");
  host_.Ip("route add 10.9.0.0/24 dev eth2");
  EXPECT_TRUE(RunUntilReady());
  host_.Ip("route del 10.9.0.0/24");
  EXPECT_TRUE(RunUntilNotReady());
}

TEST_F(NextHopMonitorTest, ManyChangesAreToldOnce) {
  std::set<Ipv4Address> targets;
  std::string commands;
  for (int i = 10; i < 60; ++i) {
    const std::string address = absl::StrCat("10.0.1.", i);
    targets.insert(Address(address));
    absl::StrAppend(&commands, "neigh replace ", address,
                    " lladdr 02:00:00:00:00:", i, " dev eth1\n");
  }
  monitor_->SetTargets(targets);
  RunOnce();
  EXPECT_EQ(changes_, 0);
  host_.IpBatch(commands);
  RunOnce();
  EXPECT_EQ(changes_, 1);
  for (const auto& [target, hop] : monitor_->next_hops()) {
    EXPECT_TRUE(hop.ready()) << target.ToString();
  }
}

TEST_F(NextHopMonitorTest, OnlyChangesAreTold) {
  SetTarget("10.0.1.101");
  ASSERT_TRUE(RunUntilReady());
  changes_ = 0;
  host_.Ip("neigh add 10.0.1.9 lladdr 02:00:00:00:00:09 dev eth1");
  host_.Ip("route add 10.9.0.0/24 via 10.0.2.254");
  host_.Ip("route add default via 10.0.2.254");
  host_.Ip("addr add 10.0.1.2/24 dev eth1");
  RunOnce();
  EXPECT_EQ(changes_, 0);
  host_.Ip("link set eth2 name wan");
  RunOnce();
  EXPECT_EQ(changes_, 1);
}

TEST_F(NextHopMonitorTest, ReadsAnewAfterNotificationsWereLost) {
  host_.Ip("neigh add 10.0.1.9 lladdr 02:00:00:00:00:09 dev eth1");
  host_.Ip("route add 10.9.0.0/24 dev eth1");
  host_.Ip("neigh add 10.9.0.7 lladdr 02:00:00:00:00:09 dev eth1");
  const Ipv4Address routed = Address("10.9.0.7"), on_link = Address("10.0.1.9");
  monitor_->SetTargets({routed, on_link});
  RunOnce();
  std::string noise;
  for (int i = 0; i < 4000; ++i) {
    absl::StrAppend(&noise, "neigh replace 10.0.2.9 lladdr 02:00:00:00:0",
                    i % 2, ":00 dev eth2\n");
  }
  host_.IpBatch(noise);
  host_.Ip("link set eth2 address 02:00:00:00:00:07");  // flushes
  host_.Ip("neigh add 10.9.0.7 lladdr 02:00:00:00:00:08 dev eth2");
  host_.Ip("route replace 10.9.0.0/24 dev eth2");
  host_.Ip("neigh replace 10.0.1.9 lladdr 02:00:00:00:00:0a dev eth1");
  EXPECT_TRUE(
      RunUntil(base_.get(), [this] { return monitor_->resyncs() > 0; }));
  const NextHop& hop = monitor_->next_hops().at(routed);
  EXPECT_EQ(hop.interface, "eth2");
  EXPECT_EQ(hop.destination, (MacAddress{2, 0, 0, 0, 0, 8}));
  EXPECT_EQ(hop.source, (MacAddress{2, 0, 0, 0, 0, 7}));
  EXPECT_EQ(monitor_->next_hops().at(on_link).destination,
            (MacAddress{2, 0, 0, 0, 0, 10}));
}

TEST_F(NextHopMonitorTest, SaysWhatANextHopWas) {
  LogCapture log;
  host_.Ip("neigh add 10.0.1.9 lladdr 02:00:00:00:00:09 dev eth1");
  host_.Ip("neigh add 10.0.1.8 lladdr 02:00:00:00:00:08 dev eth1");
  monitor_->SetTargets({Address("10.0.1.8"), Address("10.0.1.9")});
  const std::string own = MacToString(host_.MacOf("eth1"));
  EXPECT_THAT(log.Take(),
              ElementsAre(absl::StrCat("backend 10.0.1.8: next hop eth1, ", own,
                                       " > 02:00:00:00:00:08"),
                          absl::StrCat("backend 10.0.1.9: next hop eth1, ", own,
                                       " > 02:00:00:00:00:09")));
  host_.Ip("neigh replace 10.0.1.9 lladdr 02:00:00:00:00:08 dev eth1");
  ASSERT_TRUE(RunUntil(base_.get(), [this] { return changes_ > 0; }));
  EXPECT_THAT(
      log.Take(),
      ElementsAre(absl::StrCat(
          "backend 10.0.1.9: next hop eth1, ", own,
          " > 02:00:00:00:00:08 (was eth1, ", own,
          " > 02:00:00:00:00:09); backend 10.0.1.8 has the same MAC address")));
}

// Any neighbour can have it change as often as it likes.
TEST_F(NextHopMonitorTest, AFlappingMacAddressDoesNotFillTheLog) {
  constexpr uint8_t kFlaps = 200;
  SetTarget("10.0.1.9");
  absl::StatusOr<NetlinkClient> client = NetlinkClient::Create();
  ASSERT_TRUE(client.ok()) << client.status();
  LogCapture log;
  for (uint8_t i = 0; i < kFlaps; ++i) {
    ASSERT_TRUE(SetNeighbour(*client, "10.0.1.9", {2, 0, 0, 0, 0, i}).ok());
    RunOnce();
  }
  EXPECT_EQ(changes_, kFlaps);
  std::vector<std::string> lines;
  const auto says_what_is_left_out = [&] {
    for (std::string& line : log.Take()) lines.push_back(std::move(line));
    return !lines.empty() && absl::StrContains(lines.back(), "not logged");
  };
  ASSERT_TRUE(RunUntil(base_.get(), says_what_is_left_out));
  EXPECT_LT(lines.size(), size_t{kFlaps} / 2);
}

TEST_F(NextHopMonitorTest, ARefusedMacAddressIsCountedAndNotUsed) {
  SetTarget("10.0.1.101");
  ASSERT_TRUE(RunUntilReady());
  changes_ = 0;
  for (const std::string& bad :
       {std::string("ff:ff:ff:ff:ff:ff"), MacToString(host_.MacOf("eth2"))}) {
    const uint64_t before = monitor_->mac_refusals();
    host_.Ip("neigh change 10.0.1.101 lladdr " + bad +
             " dev eth1 nud reachable");
    EXPECT_TRUE(RunUntil(base_.get(),
                         [&] { return monitor_->mac_refusals() > before; }));
    EXPECT_EQ(Hop().destination, peer_.MacOf("p1"));
  }
  EXPECT_EQ(changes_, 0);
}

// Its cable is cut behind a switch: this host's link stays up.
TEST_F(NextHopMonitorTest, NoticesWithinSecondsWhoeverStopsToAnswer) {
  SetTarget("10.0.1.101");
  ASSERT_TRUE(RunUntilReady());
  peer_.Ip("link set p1 arp off");
  ASSERT_TRUE(RunUntilNotReady());
  EXPECT_EQ(Hop().reason, "no ARP answer from 10.0.1.101 on eth1");
  EXPECT_FALSE(Hop().failed_before);
  peer_.Ip("link set p1 arp on");
  EXPECT_TRUE(RunUntilReady());
}

TEST_F(NextHopMonitorTest, FailedRequestIsToldAndMadeAgain) {
  {
    const WithoutNetAdmin unprivileged;
    SetTarget("10.0.1.101");
    EXPECT_EQ(Hop().state, NextHop::State::kNoNeighbour);
    EXPECT_THAT(Hop().reason, HasSubstr("Operation not permitted"));
  }
  EXPECT_TRUE(RunUntilReady());
}

TEST_F(NextHopMonitorTest, TargetsMayChangeWhileChangeIsTold) {
  std::unique_ptr<NextHopMonitor> monitor;
  const Ipv4Address target = Address("10.0.1.101");
  auto created = NextHopMonitor::Create(base_.get(),
                                        [&] { monitor->SetTargets({target}); });
  ASSERT_TRUE(created.ok()) << created.status();
  monitor = *std::move(created);
  host_.Ip("link set eth2 name wan");
  EXPECT_TRUE(RunUntil(base_.get(),
                       [&] { return monitor->next_hops().count(target) > 0; }));
}

TEST_F(NextHopMonitorTest, FollowsAllLinks) {
  EXPECT_EQ(monitor_->links().size(), 3u);  // with lo
  host_.Connect("eth3", peer_, "p3");
  RunOnce();
  EXPECT_EQ(monitor_->links().at(if_nametoindex("eth3")).name, "eth3");
  EXPECT_EQ(changes_, 1);
}

TEST_F(NextHopMonitorTest, InterfaceNewerThanItsNotificationIsKnown) {
  host_.Connect("eth3", peer_, "p3");
  host_.Ip("addr add 10.0.3.1/24 dev eth3");
  SetTarget("10.0.3.9");  // before the loop ran
  EXPECT_EQ(Hop().interface, "eth3");
  RunOnce();
  EXPECT_EQ(changes_, 1);  // links() changed
}

TEST_F(NextHopMonitorTest, LogsEachChangeOnce) {
  const BackendLog log;
  SetTarget("10.0.1.77");
  peer_.Ip("addr add 10.0.1.77/24 dev p1");
  ASSERT_TRUE(RunUntilReady());
  host_.Ip("addr add 10.0.1.2/24 dev eth1");
  RunOnce();
  ASSERT_EQ(log.lines.size(), 2u);
  EXPECT_EQ(log.lines[0],
            "backend 10.0.1.77: no next hop: no ARP answer from 10.0.1.77 on "
            "eth1");
  EXPECT_EQ(log.lines[1], "backend 10.0.1.77: next hop " + Hop().ToString());
}

}  // namespace
}  // namespace l275
