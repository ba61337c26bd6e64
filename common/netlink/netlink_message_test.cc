#include "common/netlink/netlink_message.h"

#include <linux/rtnetlink.h>

#include "gtest/gtest.h"

namespace l275 {
namespace {

using RouteReply = NetlinkReply<rtmsg, RTA_MAX>;

NetlinkRequest RequestWithTable(unsigned char table) {
  rtmsg header{};
  header.rtm_table = table;
  return NetlinkRequest(RTM_GETROUTE, 0, header);
}

TEST(NetlinkMessageTest, CarriesHeaderAndAttributes) {
  NetlinkRequest request = RequestWithTable(7);
  request.Put(RTA_DST, *Ipv4Address::Parse("10.0.0.1")).Put(RTA_OIF, 42u);
  const auto reply = RouteReply::Parse(nlmsg_hdr(request.get()));
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->header().rtm_table, 7);
  EXPECT_EQ(reply->Address(RTA_DST), *Ipv4Address::Parse("10.0.0.1"));
  EXPECT_EQ(reply->Uint32(RTA_OIF), 42u);
  EXPECT_TRUE(reply->Has(RTA_OIF));
  EXPECT_EQ(nlmsg_hdr(request.get())->nlmsg_flags, NLM_F_REQUEST);
}

TEST(NetlinkMessageTest, AbsentAttributesAreNone) {
  const NetlinkRequest request = RequestWithTable(0);
  const auto reply = RouteReply::Parse(nlmsg_hdr(request.get()));
  ASSERT_TRUE(reply.has_value());
  EXPECT_FALSE(reply->Has(RTA_OIF));
  EXPECT_FALSE(reply->Uint32(RTA_OIF).has_value());
  EXPECT_FALSE(reply->Address(RTA_DST).has_value());
  EXPECT_EQ(reply->Text(RTA_OIF), "");
}

TEST(NetlinkMessageTest, AttributesOfAnotherSizeAreNone) {
  NetlinkRequest request = RequestWithTable(0);
  nla_put_u16(request.get(), RTA_OIF, 1);
  const auto reply = RouteReply::Parse(nlmsg_hdr(request.get()));
  ASSERT_TRUE(reply.has_value());
  EXPECT_FALSE(reply->Uint32(RTA_OIF).has_value());
  EXPECT_FALSE(reply->Mac(RTA_OIF).has_value());
}

TEST(NetlinkMessageTest, TextEndsWithItsAttribute) {
  NetlinkRequest request = RequestWithTable(0);
  nla_put(request.get(), RTA_OIF, 4, "eth12345");
  const auto reply = RouteReply::Parse(nlmsg_hdr(request.get()));
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->Text(RTA_OIF), "eth1");
}

TEST(NetlinkMessageTest, RefusesMessageShorterThanItsHeader) {
  const NetlinkRequest request(RTM_GETROUTE, 0, rtgenmsg{});
  EXPECT_FALSE(RouteReply::Parse(nlmsg_hdr(request.get())).has_value());
}

}  // namespace
}  // namespace l275
