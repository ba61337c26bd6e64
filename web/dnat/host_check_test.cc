#include "web/dnat/host_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "absl/strings/str_cat.h"

namespace l275 {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Ipv4Address Address(absl::string_view text) {
  return Ipv4Address::Parse(text).value();
}

std::vector<NatRule> Rules(uint16_t mss = 0) {
  return ParseNatRules("tcp:10.0.0.200:80", "10.0.0.101:8080", "eth1", mss)
      .value();
}

// A host that has all that Rules() need.
HostView GoodHost() {
  HostView host;
  HostInterface lo;
  lo.name = "lo";
  lo.up = true;
  lo.mtu = 65536;
  lo.addresses = {{Address("127.0.0.1"), 8}};
  HostInterface eth1;
  eth1.name = "eth1";
  eth1.up = true;
  eth1.mtu = 1500;
  eth1.addresses = {{Address("10.0.0.101"), 24}};
  host.interfaces = {lo, eth1};
  host.listeners = {{Address("10.0.0.101"), 8080}};
  return host;
}

void LookUpClient(HostView* host, const std::string& interface) {
  host->client = Address("10.5.0.2");
  host->routes = {{Address("10.0.0.101"), interface}};
}

std::vector<std::string> Texts(const std::vector<HostFinding>& findings) {
  std::vector<std::string> texts;
  for (const HostFinding& finding : findings) {
    texts.push_back(
        absl::StrCat(finding.loses_traffic ? "" : "warning: ", finding.text));
  }
  return texts;
}

struct Row {
  const char* what;
  std::function<void(HostView*)> change;
  const char* text;  // empty: nothing is found
  uint16_t mss = 0;
};

class HostCheckTest : public ::testing::TestWithParam<Row> {};

TEST_P(HostCheckTest, SaysWhatItSaw) {
  HostView host = GoodHost();
  GetParam().change(&host);
  const std::vector<std::string> texts =
      Texts(CheckHost(Rules(GetParam().mss), host));
  if (*GetParam().text == '\0') {
    EXPECT_THAT(texts, IsEmpty()) << GetParam().what;
  } else {
    EXPECT_THAT(texts, ElementsAre(GetParam().text)) << GetParam().what;
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, HostCheckTest,
    ::testing::Values(
        Row{"a host as it has to be", [](HostView*) {}, ""},
        Row{"a listener at all addresses",
            [](HostView* h) {
              h->listeners = {{Ipv4Address(), 8080}};
            },
            ""},
        Row{"nobody listens", [](HostView* h) { h->listeners.clear(); },
            "10.0.0.101:8080: nobody listens there, so tcp:10.0.0.200:80 is "
            "refused; start the service, or name its port in --local"},
        Row{"a listener at another address",
            [](HostView* h) {
              h->listeners = {{Address("127.0.0.1"), 8080}};
            },
            "10.0.0.101:8080: nobody listens there, so tcp:10.0.0.200:80 is "
            "refused; start the service, or name its port in --local"},
        Row{"a listener at another port",
            [](HostView* h) { h->listeners[0].port = 80; },
            "10.0.0.101:8080: nobody listens there, so tcp:10.0.0.200:80 is "
            "refused; start the service, or name its port in --local"},
        Row{"another local address",
            [](HostView* h) {
              h->interfaces[1].addresses = {{Address("10.0.0.102"), 24}};
            },
            "10.0.0.101: not an address of this host, so tcp:10.0.0.200:80 is "
            "lost; name one of its own in --local"},
        Row{"the VIP on lo",
            [](HostView* h) {
              h->interfaces[0].addresses.push_back({Address("10.0.0.200"), 32});
            },
            "VIP 10.0.0.200: is on lo, so this host takes all of its clients "
            "from the load balancers; ip address del 10.0.0.200/32 dev lo"},
        Row{"the VIP on lo, where nobody hears of it",
            [](HostView* h) {
              h->interfaces[0].addresses.push_back({Address("10.0.0.200"), 32});
              h->interfaces[1].arp_ignore = 1;
            },
            "warning: VIP 10.0.0.200: is on lo, where dnat needs no such "
            "address; ip address del 10.0.0.200/32 dev lo"},
        Row{"the VIP on the interface itself",
            [](HostView* h) {
              h->interfaces[1].addresses.push_back({Address("10.0.0.200"), 24});
              h->interfaces[1].arp_ignore = 1;
            },
            "VIP 10.0.0.200: is on eth1, so this host takes all of its clients "
            "from the load balancers; ip address del 10.0.0.200/24 dev eth1"},
        Row{"the interface is down",
            [](HostView* h) { h->interfaces[1].up = false; },
            "eth1: is down or has no carrier; ip link set eth1 up, or look at "
            "its cable"},
        Row{"no such interface",
            [](HostView* h) { h->interfaces[1].name = "eth2"; },
            "eth1: this host has no such interface, so tcp:10.0.0.200:80 is "
            "not translated; name the one that its packets come in on in "
            "--interface"},
        Row{"a large MTU", [](HostView* h) { h->interfaces[1].mtu = 9000; },
            "warning: eth1: MTU 9000 without --mss: large answers hang for "
            "clients behind a smaller MTU; --mss=1460"},
        Row{"a large MTU with a limit",
            [](HostView* h) { h->interfaces[1].mtu = 9000; }, "", 1460},
        Row{"a limit that is none",
            [](HostView* h) { h->interfaces[1].mtu = 1400; },
            "warning: eth1: MTU 1400: --mss=1460 limits nothing there", 1460},
        Row{"strict rp_filter",
            [](HostView* h) { h->interfaces[1].rp_filter = 1; },
            "warning: eth1: rp_filter is 1 (strict): clients are dropped whose "
            "route leaves by another interface; --client=ADDRESS looks one "
            "up"},
        Row{"a client with a route, strict rp_filter",
            [](HostView* h) {
              h->interfaces[1].rp_filter = 1;
              LookUpClient(h, "eth1");
            },
            ""},
        Row{"a client without a route",
            [](HostView* h) { LookUpClient(h, ""); },
            "client 10.5.0.2: no route from 10.0.0.101, so it gets no answer; "
            "add one (ip route add)"},
        Row{"a client by another interface, strict rp_filter",
            [](HostView* h) {
              h->interfaces[1].rp_filter = 1;
              LookUpClient(h, "eth0");
            },
            "client 10.5.0.2: its route leaves by eth0 and rp_filter of eth1 "
            "is 1 (strict), so its packets are dropped; sysctl -w "
            "net.ipv4.conf.eth1.rp_filter=2"},
        Row{"a client by another interface",
            [](HostView* h) {
              h->interfaces[1].rp_filter = 2;
              LookUpClient(h, "eth0");
            },
            "warning: client 10.5.0.2: its answers leave by eth0, where late "
            "answers are not dropped; its packets come in on eth1"}));

TEST(HostCheckOrderTest, WhatLosesTrafficComesFirst) {
  HostView host = GoodHost();
  host.interfaces[1].mtu = 9000;
  host.listeners.clear();
  const std::vector<HostFinding> findings = CheckHost(Rules(), host);
  ASSERT_EQ(findings.size(), 2u);
  EXPECT_TRUE(findings[0].loses_traffic);
  EXPECT_FALSE(findings[1].loses_traffic);
}

}  // namespace
}  // namespace l275
