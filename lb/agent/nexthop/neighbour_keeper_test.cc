#include "lb/agent/nexthop/neighbour_keeper.h"

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/match.h"
#include "common/netlink/netlink_subscription.h"
#include "common/testing/log_capture.h"
#include "common/testing/run_until.h"
#include "common/testing/test_namespace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace l275 {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// A keeper that hears of its neighbours, on a host with a peer that answers for
// 10.0.0.2 and 10.0.0.3.
class NeighbourKeeperTest : public testing::Test {
 protected:
  NeighbourKeeperTest() {
    host_.Connect("eth1", peer_, "p1");
    host_.Ip("addr add 10.0.0.1/24 dev eth1");
    peer_.Ip("addr add 10.0.0.2/24 dev p1");
    peer_.Ip("addr add 10.0.0.3/24 dev p1");
    Start(NeighbourKeeper::Kernel::kManages);
  }

  void Start(NeighbourKeeper::Kernel kernel) {
    subscription_.reset();
    keeper_.emplace(&*client_, kernel);
    auto subscription = NetlinkSubscription::Create(
        base_.get(), {RTNLGRP_NEIGH},
        [this](nlmsghdr* message) { keeper_->Note(message); },
        [this](bool) { keeper_->Refresh(); });
    ASSERT_TRUE(subscription.ok()) << subscription.status();
    subscription_ = *std::move(subscription);
  }

  NeighbourKey Key(absl::string_view address, const char* name = "eth1") {
    return {if_nametoindex(name), *Ipv4Address::Parse(address)};
  }

  bool Resolves(const NeighbourKey& key) {
    return RunUntil(base_.get(), [&] { return keeper_->Find(key).ok(); });
  }

  TestNamespace host_, peer_;
  TestNamespace::Scope inside_{host_};
  EventBasePtr base_{event_base_new()};
  absl::StatusOr<NetlinkClient> client_ = NetlinkClient::Create();
  std::optional<NeighbourKeeper> keeper_;
  std::unique_ptr<NetlinkSubscription> subscription_;
};

TEST_F(NeighbourKeeperTest, HasTheKernelResolveAndManage) {
  keeper_->SetWanted({Key("10.0.0.2")});
  ASSERT_TRUE(Resolves(Key("10.0.0.2")));
  EXPECT_EQ(*keeper_->Find(Key("10.0.0.2")), peer_.MacOf("p1"));
  EXPECT_THAT(host_.NeighbourText("10.0.0.2"), HasSubstr("managed REACHABLE"));
}

TEST_F(NeighbourKeeperTest, WhoDoesNotAnswerIsNotFoundAndStaysAskedFor) {
  peer_.Ip("addr del 10.0.0.3/24 dev p1");
  keeper_->SetWanted({Key("10.0.0.3")});
  EXPECT_TRUE(absl::IsNotFound(keeper_->Find(Key("10.0.0.3")).status()));
  EXPECT_FALSE(keeper_->HasFailed());
  EXPECT_THAT(host_.NeighbourText("10.0.0.3"), HasSubstr("managed"));
}

TEST_F(NeighbourKeeperTest, KnownNeighbourIsFoundAtOnce) {
  host_.Ip("neigh add 10.0.0.9 lladdr 02:00:00:00:00:09 dev eth1 nud stale");
  keeper_->SetWanted({Key("10.0.0.9")});
  ASSERT_TRUE(keeper_->Find(Key("10.0.0.9")).ok());
  EXPECT_EQ(*keeper_->Find(Key("10.0.0.9")), (MacAddress{2, 0, 0, 0, 0, 9}));
}

TEST_F(NeighbourKeeperTest, AsksAgainAfterFlush) {
  keeper_->SetWanted({Key("10.0.0.2")});
  ASSERT_TRUE(Resolves(Key("10.0.0.2")));
  host_.Ip("neigh flush all");
  ASSERT_EQ(host_.NeighbourText("10.0.0.2"), "");
  event_base_loop(base_.get(), EVLOOP_NONBLOCK);
  ASSERT_TRUE(Resolves(Key("10.0.0.2")));
  EXPECT_THAT(host_.NeighbourText("10.0.0.2"), HasSubstr("managed"));
}

TEST_F(NeighbourKeeperTest, AsksAgainAfterSomebodyUnmanagedIt) {
  keeper_->SetWanted({Key("10.0.0.2")});
  ASSERT_TRUE(Resolves(Key("10.0.0.2")));
  host_.Ip(
      "neigh replace 10.0.0.2 lladdr 02:00:00:00:00:09 dev eth1 nud stale");
  ASSERT_THAT(host_.NeighbourText("10.0.0.2"), Not(HasSubstr("managed")));
  event_base_loop(base_.get(), EVLOOP_NONBLOCK);
  EXPECT_THAT(host_.NeighbourText("10.0.0.2"), HasSubstr("managed"));
}

TEST_F(NeighbourKeeperTest, ReadsFixedEntriesAndNeverTouchesThem) {
  for (const std::string kind :
       {"nud permanent", "nud noarp", "nud reachable extern_learn"}) {
    host_.Ip("neigh replace 10.0.0.2 lladdr 02:00:00:00:00:09 dev eth1 " +
             kind);
    const std::string before = host_.NeighbourText("10.0.0.2");
    keeper_->SetWanted({Key("10.0.0.2")});
    ASSERT_TRUE(keeper_->Find(Key("10.0.0.2")).ok()) << kind;
    keeper_->NoteAll();
    keeper_->Refresh();
    keeper_->SetWanted({});
    EXPECT_EQ(host_.NeighbourText("10.0.0.2"), before) << kind;
    host_.Ip("neigh del 10.0.0.2 dev eth1");
  }
}

TEST_F(NeighbourKeeperTest, EntryThatBecomesPermanentIsLeftAlone) {
  keeper_->SetWanted({Key("10.0.0.2")});
  ASSERT_TRUE(Resolves(Key("10.0.0.2")));
  host_.Ip(
      "neigh replace 10.0.0.2 lladdr 02:00:00:00:00:09 dev eth1 nud permanent");
  event_base_loop(base_.get(), EVLOOP_NONBLOCK);
  EXPECT_EQ(*keeper_->Find(Key("10.0.0.2")), (MacAddress{2, 0, 0, 0, 0, 9}));
  keeper_->SetWanted({});
  EXPECT_THAT(host_.NeighbourText("10.0.0.2"), HasSubstr("PERMANENT"));
}

TEST_F(NeighbourKeeperTest, UnmanagesWhatIsNotWantedAnyMore) {
  keeper_->SetWanted({Key("10.0.0.2"), Key("10.0.0.3")});
  ASSERT_TRUE(Resolves(Key("10.0.0.2")));
  ASSERT_TRUE(Resolves(Key("10.0.0.3")));
  keeper_->SetWanted({Key("10.0.0.3")});
  EXPECT_THAT(host_.NeighbourText("10.0.0.2"), HasSubstr("lladdr"));
  EXPECT_THAT(host_.NeighbourText("10.0.0.2"), Not(HasSubstr("managed")));
  EXPECT_THAT(host_.NeighbourText("10.0.0.3"), HasSubstr("managed"));
  EXPECT_FALSE(keeper_->Find(Key("10.0.0.2")).ok());
}

TEST_F(NeighbourKeeperTest, LeavesAllManagedAtItsEnd) {
  keeper_->SetWanted({Key("10.0.0.2")});
  ASSERT_TRUE(Resolves(Key("10.0.0.2")));
  subscription_.reset();
  keeper_.reset();
  EXPECT_THAT(host_.NeighbourText("10.0.0.2"), HasSubstr("lladdr"));
  EXPECT_THAT(host_.NeighbourText("10.0.0.2"), HasSubstr("managed"));
}

TEST_F(NeighbourKeeperTest, WhatOthersManageStaysManaged) {
  host_.Ip("neigh add 10.0.0.2 dev eth1 managed");
  keeper_->SetWanted({Key("10.0.0.2")});
  keeper_->SetWanted({});
  EXPECT_THAT(host_.NeighbourText("10.0.0.2"), HasSubstr("managed"));
}

TEST_F(NeighbourKeeperTest, InterfaceThatIsGoneIsNotFound) {
  const NeighbourKey key = {999, *Ipv4Address::Parse("10.0.0.2")};
  keeper_->SetWanted({key});
  EXPECT_TRUE(absl::IsNotFound(keeper_->Find(key).status()));
  keeper_->SetWanted({});
}

// The kernel keeps no IPv4 neighbours where the MTU is too small for IPv4.
TEST_F(NeighbourKeeperTest, FailedRequestIsToldAndRetried) {
  host_.Ip("link set lo mtu 60");
  const NeighbourKey key = Key("10.0.0.2", "lo");
  keeper_->SetWanted({key});
  EXPECT_TRUE(keeper_->HasFailed());
  EXPECT_THAT(std::string(keeper_->Find(key).status().message()),
              HasSubstr("RTM_NEWNEIGH(10.0.0.2 on interface 1)"));
  host_.Ip("link set lo mtu 65536");
  keeper_->NoteFailed();
  keeper_->Refresh();
  EXPECT_FALSE(keeper_->HasFailed());
}

// The kernel by itself asks a failed one again after five seconds.
TEST_F(NeighbourKeeperTest, ProbeHasAFailedOneAskedAtOnce) {
  host_.SetSysctl("ipv4/neigh/eth1/retrans_time_ms", "10");
  host_.SetSysctl("ipv4/neigh/eth1/mcast_solicit", "1");
  peer_.SetSysctl("ipv4/conf/p1/arp_ignore", "8");
  const NeighbourKey key = Key("10.0.0.2");
  keeper_->SetWanted({key});
  ASSERT_TRUE(RunUntil(base_.get(),
                       [&] { return keeper_->StateOf(key) == NUD_FAILED; }));
  peer_.SetSysctl("ipv4/conf/p1/arp_ignore", "0");
  host_.SetSysctl("ipv4/neigh/eth1/mcast_solicit", "1000");
  keeper_->Probe(key, std::chrono::steady_clock::now());
  EXPECT_THAT(host_.NeighbourText("10.0.0.2"), Not(HasSubstr("FAILED")));
  ASSERT_TRUE(Resolves(key));
  EXPECT_EQ(keeper_->StateOf(key), NUD_REACHABLE);
}

// However many frames wait for it, the kernel is bothered now and then only.
TEST_F(NeighbourKeeperTest, ProbesAreLimited) {
  // How long it is INCOMPLETE, and FAILED until the kernel asks by itself: long
  // enough to be looked at on a busy machine.
  host_.SetSysctl("ipv4/neigh/eth1/retrans_time_ms", "2000");
  host_.SetSysctl("ipv4/neigh/eth1/mcast_solicit", "1");
  host_.SetSysctl("ipv4/neigh/eth1/interval_probe_time_ms", "600000");
  peer_.Ip("addr del 10.0.0.3/24 dev p1");
  const NeighbourKey key = Key("10.0.0.3");
  const auto has_failed = [&] { return keeper_->StateOf(key) == NUD_FAILED; };
  keeper_->SetWanted({key});
  ASSERT_TRUE(RunUntil(base_.get(), has_failed));
  // From here on it fails when the test says so.
  host_.SetSysctl("ipv4/neigh/eth1/retrans_time_ms", "60000");
  host_.SetSysctl("ipv4/neigh/eth1/interval_probe_time_ms", "60000");
  host_.Ip("neigh change 10.0.0.3 dev eth1 nud failed");
  const auto now = std::chrono::steady_clock::now();
  keeper_->Probe(key, now);
  EXPECT_THAT(host_.NeighbourText("10.0.0.3"), HasSubstr("INCOMPLETE"));
  host_.Ip("neigh change 10.0.0.3 dev eth1 nud failed");
  keeper_->Probe(
      key, now + NeighbourKeeper::kProbeInterval - std::chrono::nanoseconds(1));
  EXPECT_THAT(host_.NeighbourText("10.0.0.3"), HasSubstr("FAILED"));
  keeper_->Probe(key, now + NeighbourKeeper::kProbeInterval);
  EXPECT_THAT(host_.NeighbourText("10.0.0.3"), HasSubstr("INCOMPLETE"));
}

// Whoever does not answer any more is noticed within seconds, not when the
// kernel thinks of it.
TEST_F(NeighbourKeeperTest, ConfirmsWhatIsKnown) {
  host_.SetSysctl("ipv4/neigh/eth1/base_reachable_time_ms", "600000");
  const NeighbourKey key = Key("10.0.0.2");
  keeper_->SetWanted({key});
  ASSERT_TRUE(Resolves(key));
  const auto start = std::chrono::steady_clock::now();
  keeper_->Tick(start);
  peer_.Ip("link set p1 arp off");
  keeper_->Tick(start + NeighbourKeeper::kConfirmInterval -
                std::chrono::nanoseconds(1));
  EXPECT_THAT(host_.NeighbourText("10.0.0.2"), HasSubstr("REACHABLE"));
  keeper_->Tick(start + NeighbourKeeper::kConfirmInterval);
  EXPECT_THAT(host_.NeighbourText("10.0.0.2"), HasSubstr("managed PROBE"));
  EXPECT_TRUE(keeper_->Find(key).ok());
  ASSERT_TRUE(RunUntil(base_.get(),
                       [&] { return keeper_->StateOf(key) == NUD_FAILED; }));
  EXPECT_FALSE(keeper_->Find(key).ok());
  EXPECT_FALSE(keeper_->FailedBefore(key));
  EXPECT_THAT(host_.NeighbourText("10.0.0.2"), HasSubstr("managed"));
  // Asked for again, it is back as soon as it answers.
  peer_.Ip("link set p1 arp on");
  keeper_->Tick(std::chrono::steady_clock::now() +
                NeighbourKeeper::kConfirmInterval +
                NeighbourKeeper::kRetryInterval);
  EXPECT_TRUE(Resolves(key));
}

TEST_F(NeighbourKeeperTest, WhoeverAnswersIsConfirmedAndStaysFound) {
  const NeighbourKey key = Key("10.0.0.2");
  keeper_->SetWanted({key});
  ASSERT_TRUE(Resolves(key));
  auto now = std::chrono::steady_clock::now();
  for (int i = 0; i < 3; ++i) {
    keeper_->Tick(now += NeighbourKeeper::kConfirmInterval);
    EXPECT_TRUE(keeper_->Find(key).ok());
    EXPECT_TRUE(RunUntil(base_.get(), [&] {
      return absl::StrContains(host_.NeighbourText("10.0.0.2"),
                               "managed REACHABLE");
    }));
  }
}

TEST_F(NeighbourKeeperTest, ConfirmsNoFixedOnes) {
  host_.Ip("neigh add 10.0.0.9 lladdr 02:00:00:00:00:09 dev eth1");
  keeper_->SetWanted({Key("10.0.0.9")});
  const std::string before = host_.NeighbourText("10.0.0.9");
  const auto now = std::chrono::steady_clock::now();
  keeper_->Tick(now);
  keeper_->Tick(now + NeighbourKeeper::kConfirmInterval);
  EXPECT_EQ(host_.NeighbourText("10.0.0.9"), before);
}

TEST_F(NeighbourKeeperTest, KnowsWhatHadFailedBefore) {
  host_.SetSysctl("ipv4/neigh/eth1/retrans_time_ms", "60000");
  host_.Ip("neigh add 10.0.0.8 dev eth1 nud failed");
  host_.Ip("neigh add 10.0.0.7 dev eth1 managed");
  host_.Ip("neigh add 10.0.0.2 dev eth1 nud failed");
  const NeighbourKey back = Key("10.0.0.2");
  keeper_->SetWanted({Key("10.0.0.8"), Key("10.0.0.7"), Key("10.0.0.6"), back});
  EXPECT_TRUE(keeper_->FailedBefore(Key("10.0.0.8")));
  EXPECT_TRUE(keeper_->FailedBefore(Key("10.0.0.7")));
  EXPECT_FALSE(keeper_->FailedBefore(Key("10.0.0.6")));
  ASSERT_TRUE(Resolves(back));
  EXPECT_FALSE(keeper_->FailedBefore(back));
}

// RFC 1812, 3.3.2, and what else no other host can have.
TEST_F(NeighbourKeeperTest, RefusesMacAddressesOfNoOtherHost) {
  const MacAddress own = host_.MacOf("eth1");
  keeper_->SetOwnMacs({own});
  const NeighbourKey key = Key("10.0.0.2");
  keeper_->SetWanted({key});
  ASSERT_TRUE(Resolves(key));
  uint64_t refusals = 0;
  for (const std::string& bad :
       {std::string("ff:ff:ff:ff:ff:ff"), std::string("01:00:5e:00:00:05"),
        std::string("00:00:00:00:00:00"), MacToString(own)}) {
    host_.Ip("neigh change 10.0.0.2 lladdr " + bad + " dev eth1 nud reachable");
    ASSERT_TRUE(RunUntil(base_.get(), [&] {
      return keeper_->refusals() > refusals;
    })) << bad;
    refusals = keeper_->refusals();
    EXPECT_EQ(*keeper_->Find(key), peer_.MacOf("p1")) << bad;
    // The kernel forgets it, and asks again.
    EXPECT_TRUE(RunUntil(base_.get(), [&] {
      keeper_->Tick(std::chrono::steady_clock::now());
      EXPECT_EQ(*keeper_->Find(key), peer_.MacOf("p1")) << bad;
      return absl::StrContains(host_.NeighbourText("10.0.0.2"),
                               MacToString(peer_.MacOf("p1")));
    })) << bad;
    EXPECT_THAT(host_.NeighbourText("10.0.0.2"), HasSubstr("managed"));
  }
}

TEST_F(NeighbourKeeperTest, RefusesAFixedMacAddressAndLeavesIt) {
  host_.Ip("neigh add 10.0.0.9 lladdr 03:bf:0a:00:00:09 dev eth1");
  const std::string before = host_.NeighbourText("10.0.0.9");
  const NeighbourKey key = Key("10.0.0.9");
  LogCapture log;
  keeper_->SetWanted({key});
  const std::string why =
      "refused the MAC address 03:bf:0a:00:00:09 for 10.0.0.9: it is multicast";
  EXPECT_EQ(keeper_->Find(key).status().message(), why);
  auto now = std::chrono::steady_clock::now();
  for (int i = 0; i < 3; ++i) {
    keeper_->Tick(now += NeighbourKeeper::kConfirmInterval);
  }
  EXPECT_EQ(host_.NeighbourText("10.0.0.9"), before);
  EXPECT_EQ(keeper_->refusals(), 1u);
  EXPECT_THAT(log.Take(), ElementsAre(why));
  host_.Ip("neigh change 10.0.0.9 lladdr 02:bf:0a:00:00:09 dev eth1");
  EXPECT_TRUE(Resolves(key));
}

TEST_F(NeighbourKeeperTest, ProbeLeavesOthersAlone) {
  host_.Ip(
      "neigh add 10.0.0.9 lladdr 02:00:00:00:00:09 dev eth1 nud permanent");
  keeper_->SetWanted({Key("10.0.0.9")});
  const std::string before = host_.NeighbourText("10.0.0.9");
  keeper_->Probe(Key("10.0.0.9"), std::chrono::steady_clock::now());
  keeper_->Probe(Key("10.0.0.7"), std::chrono::steady_clock::now());
  EXPECT_EQ(host_.NeighbourText("10.0.0.9"), before);
  EXPECT_EQ(host_.NeighbourText("10.0.0.7"), "");
}

TEST_F(NeighbourKeeperTest, OldKernelResolvesToo) {
  Start(NeighbourKeeper::Kernel::kIgnoresManaged);
  keeper_->SetWanted({Key("10.0.0.2")});
  ASSERT_TRUE(Resolves(Key("10.0.0.2")));
  EXPECT_THAT(host_.NeighbourText("10.0.0.2"), Not(HasSubstr("managed")));
}

TEST_F(NeighbourKeeperTest, OldKernelIsMadeToConfirmStaleEntry) {
  host_.SetSysctl("ipv4/neigh/eth1/delay_first_probe_time", "1");
  Start(NeighbourKeeper::Kernel::kIgnoresManaged);
  keeper_->SetWanted({Key("10.0.0.2")});
  ASSERT_TRUE(Resolves(Key("10.0.0.2")));
  const MacAddress stale = {2, 0, 0, 0, 0, 9};
  host_.Ip(
      "neigh replace 10.0.0.2 lladdr 02:00:00:00:00:09 dev eth1 nud stale");
  event_base_loop(base_.get(), EVLOOP_NONBLOCK);
  ASSERT_EQ(*keeper_->Find(Key("10.0.0.2")), stale);
  EXPECT_TRUE(RunUntil(base_.get(), [&] {
    const auto mac = keeper_->Find(Key("10.0.0.2"));
    return mac.ok() && *mac != stale;
  }));
  EXPECT_EQ(*keeper_->Find(Key("10.0.0.2")), peer_.MacOf("p1"));
}

TEST_F(NeighbourKeeperTest, OldKernelIsAskedAgainAfterFailureAndFlush) {
  host_.SetSysctl("ipv4/neigh/eth1/retrans_time_ms", "50");
  Start(NeighbourKeeper::Kernel::kIgnoresManaged);
  peer_.Ip("addr del 10.0.0.3/24 dev p1");
  keeper_->SetWanted({Key("10.0.0.3"), Key("10.0.0.2")});
  ASSERT_TRUE(Resolves(Key("10.0.0.2")));
  host_.Ip("neigh flush all");
  peer_.Ip("addr add 10.0.0.3/24 dev p1");
  EXPECT_TRUE(Resolves(Key("10.0.0.3")));
  EXPECT_TRUE(Resolves(Key("10.0.0.2")));
}

}  // namespace
}  // namespace l275
