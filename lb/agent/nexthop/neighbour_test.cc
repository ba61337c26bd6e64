#include "lb/agent/nexthop/neighbour.h"

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "common/netlink/netlink_message.h"
#include "gtest/gtest.h"

namespace l275 {
namespace {

constexpr MacAddress kMac = {2, 0, 0, 0, 0, 1};

Neighbour InState(uint16_t state) {
  Neighbour neighbour;
  neighbour.state = state;
  neighbour.mac = kMac;
  return neighbour;
}

TEST(NeighbourTest, StatesWithAnAddressThatHoldsAreUsable) {
  for (uint16_t state : {NUD_REACHABLE, NUD_STALE, NUD_DELAY, NUD_PROBE,
                         NUD_PERMANENT, NUD_NOARP}) {
    EXPECT_TRUE(InState(state).IsUsable()) << state;
  }
  for (uint16_t state : {NUD_NONE, NUD_INCOMPLETE, NUD_FAILED}) {
    EXPECT_FALSE(InState(state).IsUsable()) << state;
  }
}

TEST(NeighbourTest, StatesHaveIpsWords) {
  EXPECT_STREQ(NeighbourStateWord(NUD_REACHABLE), "reachable");
  EXPECT_STREQ(NeighbourStateWord(NUD_INCOMPLETE), "incomplete");
  EXPECT_STREQ(NeighbourStateWord(NUD_FAILED), "failed");
  EXPECT_STREQ(NeighbourStateWord(NUD_NONE), "none");
}

TEST(NeighbourTest, WithoutMacIsNotUsable) {
  Neighbour neighbour = InState(NUD_REACHABLE);
  neighbour.mac.reset();
  EXPECT_FALSE(neighbour.IsUsable());
}

TEST(NeighbourTest, OthersOwnFixedEntries) {
  EXPECT_TRUE(InState(NUD_PERMANENT).IsFixed());
  EXPECT_TRUE(InState(NUD_NOARP).IsFixed());
  EXPECT_FALSE(InState(NUD_REACHABLE).IsFixed());
  Neighbour learned = InState(NUD_REACHABLE);
  learned.learned = true;
  EXPECT_TRUE(learned.IsFixed());
}

NetlinkRequest Message(unsigned char family) {
  ndmsg header{};
  header.ndm_family = family;
  header.ndm_ifindex = 3;
  header.ndm_state = NUD_STALE;
  header.ndm_flags = NTF_EXT_LEARNED;
  return NetlinkRequest(RTM_NEWNEIGH, 0, header);
}

TEST(NeighbourTest, ParsesAllFields) {
  NetlinkRequest message = Message(AF_INET);
  message.Put(NDA_DST, *Ipv4Address::Parse("10.0.0.2"));
  message.Put(NDA_FLAGS_EXT, NTF_EXT_MANAGED);
  nla_put(message.get(), NDA_LLADDR, kMac.size(), kMac.data());
  const auto neighbour = ParseNeighbour(nlmsg_hdr(message.get()));
  ASSERT_TRUE(neighbour.has_value());
  EXPECT_EQ(neighbour->key, (NeighbourKey{3, *Ipv4Address::Parse("10.0.0.2")}));
  EXPECT_EQ(neighbour->state, NUD_STALE);
  EXPECT_EQ(neighbour->mac, kMac);
  EXPECT_TRUE(neighbour->managed);
  EXPECT_TRUE(neighbour->learned);
}

TEST(NeighbourTest, IgnoresOtherFamilies) {
  NetlinkRequest message = Message(AF_INET6);
  message.Put(NDA_DST, *Ipv4Address::Parse("10.0.0.2"));
  EXPECT_FALSE(ParseNeighbour(nlmsg_hdr(message.get())).has_value());
}

TEST(NeighbourTest, IgnoresMessageWithoutAddress) {
  const NetlinkRequest message = Message(AF_INET);
  EXPECT_FALSE(ParseNeighbour(nlmsg_hdr(message.get())).has_value());
}

}  // namespace
}  // namespace l275
