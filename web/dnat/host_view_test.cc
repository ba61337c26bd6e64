#include "web/dnat/host_view.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>

#include "common/os/unique_fd.h"
#include "common/testing/test_namespace.h"

namespace l275 {
namespace {

Ipv4Address Address(absl::string_view text) {
  return Ipv4Address::Parse(text).value();
}

class HostViewTest : public ::testing::Test {
 protected:
  HostViewTest() {
    host_.Connect("eth1", peer_, "p1");
    host_.Ip("address add 10.0.0.101/24 dev eth1");
    host_.Ip("link set eth1 mtu 1400");
  }

  HostView Read(std::optional<Ipv4Address> client = std::nullopt) {
    const auto rules = ParseNatRules("tcp:10.0.0.200:80,tcp:10.0.0.200:81",
                                     "10.0.0.101,10.0.0.9", "eth1");
    const absl::StatusOr<HostView> view = ReadHostView(*rules, client);
    EXPECT_TRUE(view.ok()) << view.status();
    return view.value_or(HostView());
  }

  // Listens at [::]:port, for IPv6 only or for IPv4 as well.
  UniqueFd ListenAtAll(uint16_t port, int v6_only) {
    UniqueFd fd(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
    setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &v6_only, sizeof(v6_only));
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(port);
    EXPECT_EQ(
        bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)),
        0);
    EXPECT_EQ(listen(fd.get(), 1), 0);
    return fd;
  }

  UniqueFd ListenAtAddress(absl::string_view text, uint16_t port) {
    UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = Address(text).ToNetwork();
    address.sin_port = htons(port);
    EXPECT_EQ(
        bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)),
        0);
    EXPECT_EQ(listen(fd.get(), 1), 0);
    return fd;
  }

  TestNamespace host_, peer_;
  TestNamespace::Scope inside_{host_};
};

TEST_F(HostViewTest, Interfaces) {
  host_.SetSysctl("ipv4/conf/eth1/rp_filter", "2");
  host_.SetSysctl("ipv4/conf/all/arp_ignore", "1");
  const HostView view = Read();
  const HostInterface* eth1 = view.FindInterface("eth1");
  ASSERT_NE(eth1, nullptr);
  EXPECT_TRUE(eth1->up);
  EXPECT_EQ(eth1->mtu, 1400u);
  EXPECT_EQ(eth1->rp_filter, 2);
  EXPECT_EQ(eth1->arp_ignore, 1);
  ASSERT_EQ(eth1->addresses.size(), 1u);
  EXPECT_EQ(eth1->addresses[0].prefix_length, 24);
  EXPECT_EQ(view.FindOwner(Address("10.0.0.101")), eth1);
  EXPECT_EQ(view.FindOwner(Address("10.0.0.9")), nullptr);
  EXPECT_EQ(view.FindInterface("eth2"), nullptr);
  EXPECT_TRUE(view.routes.empty());
}

TEST_F(HostViewTest, AnInterfaceWithoutCarrierIsNotUp) {
  peer_.Ip("link set p1 down");
  EXPECT_FALSE(Read().FindInterface("eth1")->up);
}

TEST_F(HostViewTest, Listeners) {
  const UniqueFd one = ListenAtAddress("10.0.0.101", 80);
  const UniqueFd any = ListenAtAddress("0.0.0.0", 81);
  const UniqueFd both_families = ListenAtAll(82, 0);
  const UniqueFd only_ipv6 = ListenAtAll(83, 1);
  std::vector<Listener> listeners = Read().listeners;
  std::sort(
      listeners.begin(), listeners.end(),
      [](const Listener& a, const Listener& b) { return a.port < b.port; });
  ASSERT_EQ(listeners.size(), 3u);
  EXPECT_EQ(listeners[0].address, Address("10.0.0.101"));
  EXPECT_EQ(listeners[0].port, 80);
  EXPECT_EQ(listeners[1].address, Ipv4Address());
  EXPECT_EQ(listeners[1].port, 81);
  EXPECT_EQ(listeners[2].address, Ipv4Address());
  EXPECT_EQ(listeners[2].port, 82);
}

TEST_F(HostViewTest, RoutesToAClient) {
  HostView view = Read(Address("10.5.0.2"));
  ASSERT_EQ(view.routes.size(), 1u) << "10.0.0.9 is no address of this host";
  EXPECT_EQ(view.routes[0].local, Address("10.0.0.101"));
  EXPECT_EQ(view.routes[0].interface, "");
  host_.Ip("route add 10.5.0.0/24 dev eth1");
  EXPECT_EQ(Read(Address("10.5.0.2")).routes[0].interface, "eth1");
  host_.Ip("route replace blackhole 10.5.0.0/24");
  EXPECT_EQ(Read(Address("10.5.0.2")).routes[0].interface, "");
}

}  // namespace
}  // namespace l275
