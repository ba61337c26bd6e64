#include "lb/agent/nexthop/link_table.h"

#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include "common/netlink/netlink_subscription.h"
#include "common/testing/run_until.h"
#include "common/testing/test_namespace.h"
#include "gtest/gtest.h"

namespace l275 {
namespace {

class LinkTableTest : public testing::Test {
 protected:
  LinkTableTest() {
    host_.Connect("eth1", peer_, "p1");
    eth1_ = if_nametoindex("eth1");
    EXPECT_TRUE(client_.ok()) << client_.status();
    Refresh();
    EXPECT_TRUE(BecomesUp(true));
  }

  // Listens until eth1 is, or is not, up. The kernel tells of a carrier later
  // than of what brought it.
  bool BecomesUp(bool up) {
    const auto subscription = NetlinkSubscription::Create(
        base_.get(), {RTNLGRP_LINK},
        [this](nlmsghdr* message) { table_.Note(message); },
        [this](bool) { Refresh(); });
    EXPECT_TRUE(subscription.ok()) << subscription.status();
    Note(eth1_);
    Refresh();
    return RunUntil(base_.get(), [&] { return Eth1()->up == up; });
  }

  bool Refresh() {
    const absl::StatusOr<bool> changed = table_.Refresh();
    EXPECT_TRUE(changed.ok()) << changed.status();
    return changed.value_or(false);
  }

  // What the kernel would say of an interface; only its index matters.
  void Note(uint32_t ifindex, unsigned char family = AF_UNSPEC) {
    ifinfomsg header{};
    header.ifi_family = family;
    header.ifi_index = static_cast<int>(ifindex);
    const NetlinkRequest message(RTM_NEWLINK, 0, header);
    table_.Note(nlmsg_hdr(message.get()));
  }

  const Link* Eth1() { return table_.Find(eth1_); }

  TestNamespace host_, peer_;
  TestNamespace::Scope inside_{host_};
  EventBasePtr base_{event_base_new()};
  absl::StatusOr<NetlinkClient> client_ = NetlinkClient::Create();
  LinkTable table_{&*client_};
  uint32_t eth1_ = 0;
};

TEST_F(LinkTableTest, ReadsAllInterfaces) {
  ASSERT_EQ(table_.links().size(), 2u);
  const Link* lo = table_.Find(1);
  ASSERT_NE(lo, nullptr);
  EXPECT_EQ(lo->name, "lo");
  EXPECT_FALSE(lo->ethernet);
  ASSERT_NE(Eth1(), nullptr);
  EXPECT_EQ(Eth1()->ifindex, eth1_);
  EXPECT_EQ(Eth1()->name, "eth1");
  EXPECT_EQ(Eth1()->mac, host_.MacOf("eth1"));
  EXPECT_TRUE(Eth1()->ethernet);
  EXPECT_TRUE(Eth1()->up);
  EXPECT_EQ(Eth1()->kind, "veth");
  EXPECT_TRUE(Eth1()->CanSendXdpFrames());
  EXPECT_EQ(lo->kind, "");
  EXPECT_EQ(table_.Find(999), nullptr);
}

TEST_F(LinkTableTest, ChangesWhenNoted) {
  host_.Ip("link set eth1 address 02:00:00:00:00:07");
  EXPECT_FALSE(Refresh());
  Note(eth1_);
  EXPECT_TRUE(Refresh());
  EXPECT_EQ(Eth1()->mac, (MacAddress{2, 0, 0, 0, 0, 7}));
  Note(eth1_);
  EXPECT_FALSE(Refresh());
}

TEST_F(LinkTableTest, InterfaceWithoutCarrierIsNotUp) {
  peer_.Ip("link set p1 down");
  EXPECT_TRUE(BecomesUp(false));
  peer_.Ip("link set p1 up");
  EXPECT_TRUE(BecomesUp(true));
}

TEST_F(LinkTableTest, InterfaceSetDownIsNotUp) {
  host_.Ip("link set eth1 down");
  Note(eth1_);
  EXPECT_TRUE(Refresh());
  EXPECT_FALSE(Eth1()->up);
}

TEST_F(LinkTableTest, TellsABridgeFromWhatCanSendXdpFrames) {
  host_.Ip("link add br0 type bridge");
  table_.NoteAll();
  EXPECT_TRUE(Refresh());
  const Link* bridge = table_.Find(if_nametoindex("br0"));
  ASSERT_NE(bridge, nullptr);
  EXPECT_EQ(bridge->kind, "bridge");
  EXPECT_FALSE(bridge->CanSendXdpFrames());
}

TEST_F(LinkTableTest, FollowsRenameAndDeletion) {
  host_.Ip("link set eth1 name wan");
  table_.NoteAll();
  EXPECT_TRUE(Refresh());
  EXPECT_EQ(Eth1()->name, "wan");
  host_.Ip("link del wan");
  Note(eth1_);
  EXPECT_TRUE(Refresh());
  EXPECT_EQ(Eth1(), nullptr);
}

TEST_F(LinkTableTest, BridgePortIsNoInterface) {
  host_.Ip("link set eth1 address 02:00:00:00:00:07");
  Note(eth1_, AF_BRIDGE);
  EXPECT_FALSE(Refresh());
}

}  // namespace
}  // namespace l275
