#include "lb/agent/nexthop/route_resolver.h"

#include <net/if.h>

#include "common/testing/test_namespace.h"
#include "gtest/gtest.h"

namespace l275 {
namespace {

class RouteResolverTest : public testing::Test {
 protected:
  RouteResolverTest() {
    host_.Connect("eth1", peer_, "p1");
    host_.Connect("eth2", peer_, "p2");
    host_.Ip("addr add 10.0.0.1/24 dev eth1");
    host_.Ip("addr add 10.0.1.1/24 dev eth2");
  }

  absl::StatusOr<Route> Resolve(absl::string_view destination) {
    return ResolveRoute(*client_, *Ipv4Address::Parse(destination));
  }

  void ExpectRoute(absl::string_view destination, const char* interface,
                   std::optional<Ipv4Address> gateway) {
    const absl::StatusOr<Route> route = Resolve(destination);
    ASSERT_TRUE(route.ok()) << destination << ": " << route.status();
    EXPECT_EQ(route->ifindex, if_nametoindex(interface)) << destination;
    EXPECT_EQ(route->gateway, gateway) << destination;
  }

  TestNamespace host_, peer_;
  TestNamespace::Scope inside_{host_};
  absl::StatusOr<NetlinkClient> client_ = NetlinkClient::Create();
};

TEST_F(RouteResolverTest, OnLinkIsUsable) {
  ExpectRoute("10.0.0.101", "eth1", std::nullopt);
  EXPECT_EQ(Resolve("10.0.0.101")->unusable, "");
}

TEST_F(RouteResolverTest, ItsOwnGatewayIsOnLink) {
  host_.Ip("route add 10.5.6.7 via 10.5.6.7 dev eth1 onlink");
  EXPECT_EQ(Resolve("10.5.6.7")->unusable, "");
}

TEST_F(RouteResolverTest, SaysWhatTheRouteLeadsToInsteadOfAServer) {
  host_.Ip("route add 10.5.0.0/16 via 10.0.0.254");
  host_.Ip("route add 10.6.4.0/24 via inet6 fe80::1 dev eth1");
  host_.Ip("route add 224.0.0.0/4 dev eth1");
  host_.Ip("route add 10.6.5.0/24 encap ip id 1 dst 10.0.0.9 dev eth1");
  const struct {
    const char* description;
    const char* destination;
    const char* reason;
  } kRows[] = {
      {"own address", "10.0.0.1", "it is an address of this host"},
      {"loopback", "127.0.0.1", "it is an address of this host"},
      {"subnet's broadcast", "10.0.0.255", "it is not the address of one host"},
      {"multicast", "224.0.0.5", "it is not the address of one host"},
      {"behind a router", "10.5.6.7",
       "behind router 10.0.0.254: the next hop has to be the server itself"},
      {"behind a router of the other family", "10.6.4.1",
       "behind a router with an IPv6 address: the next hop has to be the "
       "server itself"},
      {"tunnel", "10.6.5.1", "its route is a tunnel"},
  };
  for (const auto& row : kRows) {
    const absl::StatusOr<Route> route = Resolve(row.destination);
    ASSERT_TRUE(route.ok()) << row.description << ": " << route.status();
    EXPECT_EQ(route->unusable, row.reason) << row.description;
  }
}

TEST_F(RouteResolverTest, HeedsRoutingRules) {
  host_.Ip("route add 10.5.0.0/16 via 10.0.0.254");
  host_.Ip("route add default via 10.0.1.254 table 100");
  host_.Ip("rule add to 10.5.0.0/24 lookup 100");
  ExpectRoute("10.5.0.7", "eth2", *Ipv4Address::Parse("10.0.1.254"));
  ExpectRoute("10.5.1.7", "eth1", *Ipv4Address::Parse("10.0.0.254"));
}

TEST_F(RouteResolverTest, SaysWhyThereIsNoRoute) {
  host_.Ip("route add blackhole 10.6.0.0/24");
  host_.Ip("route add prohibit 10.6.1.0/24");
  host_.Ip("route add unreachable 10.6.2.0/24");
  host_.Ip("route add throw 10.6.3.0/24");
  const struct {
    const char* description;
    const char* destination;
    const char* reason;
  } kRows[] = {
      {"outside of all routes", "192.0.2.1",
       "no route: Network is unreachable"},
      {"blackhole", "10.6.0.1", "its route is of the type \"blackhole\""},
      {"prohibit", "10.6.1.1", "its route is of the type \"prohibit\""},
      {"unreachable", "10.6.2.1", "no route: No route to host"},
      {"throw", "10.6.3.1", "no route: Network is unreachable"},
  };
  for (const auto& row : kRows) {
    const absl::StatusOr<Route> route = Resolve(row.destination);
    EXPECT_TRUE(absl::IsNotFound(route.status())) << row.description;
    EXPECT_EQ(route.status().message(), row.reason) << row.description;
  }
}

}  // namespace
}  // namespace l275
