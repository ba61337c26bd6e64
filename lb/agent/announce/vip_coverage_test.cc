#include "lb/agent/announce/vip_coverage.h"

#include <gtest/gtest.h>

#include <ostream>
#include <set>
#include <vector>

namespace l275 {
namespace {

using State = VipCoverage::State;

constexpr uint32_t kLo = 1, kEth0 = 2, kEth1 = 3, kDummy = 4, kMacvlan = 5,
                   kBridge = 6, kPort = 7, kVlan = 8;
constexpr Ipv4Address kVip = Ipv4Address::FromHost(0x0a0000c8);
constexpr Ipv4Address kLb = Ipv4Address::FromHost(0x0a00000b);
constexpr Ipv4Address kManagement = Ipv4Address::FromHost(0xc0a80105);

Link Ethernet(uint32_t ifindex, const char* name, const char* kind = "") {
  Link link;
  link.ifindex = ifindex;
  link.name = name;
  link.ethernet = true;
  link.kind = kind;
  return link;
}

std::map<uint32_t, Link> Links() {
  std::map<uint32_t, Link> links;
  links[kLo].ifindex = kLo;
  links[kLo].name = "lo";
  links[kEth0] = Ethernet(kEth0, "eth0");
  links[kEth1] = Ethernet(kEth1, "eth1");
  links[kDummy] = Ethernet(kDummy, "dummy0", "dummy");
  links[kMacvlan] = Ethernet(kMacvlan, "vrrp.75", "macvlan");
  links[kMacvlan].lower = kEth1;
  links[kBridge] = Ethernet(kBridge, "br0", "bridge");
  links[kPort] = Ethernet(kPort, "port0");
  links[kPort].master = kBridge;
  links[kVlan] = Ethernet(kVlan, "eth1.9", "vlan");
  links[kVlan].lower = kEth1;
  return links;
}

struct Row {
  const char* description;
  std::vector<HostAddress> addresses;
  std::set<uint32_t> with_program;
  State state;
  const char* text;
};

std::ostream& operator<<(std::ostream& out, const Row& row) {
  return out << row.description;
}

class VipCoverageTest : public ::testing::TestWithParam<Row> {};

TEST_P(VipCoverageTest, Row) {
  const Row& row = GetParam();
  const VipCoverage coverage =
      CoverageOf(kVip, row.addresses, Links(), [&](const Link& link) {
        return row.with_program.count(link.ifindex) > 0;
      });
  EXPECT_EQ(coverage.state, row.state);
  EXPECT_EQ(coverage.text, row.text);
  EXPECT_EQ(coverage.vip, kVip);
}

constexpr char kOnEth1[] =
    "10.0.0.200 is on eth1, which has no load balancer's program; expected "
    "--interface to name it";
constexpr char kInSubnetOfEth1[] =
    "10.0.0.200 is in the subnet of eth1, which has no load balancer's "
    "program; expected --interface to name it";
constexpr char kNowhere[] =
    "10.0.0.200 is in no subnet of this host, so nothing says whether its "
    "frames come in on an interface with the load balancer's program";

INSTANTIATE_TEST_SUITE_P(
    All, VipCoverageTest,
    ::testing::Values(
        Row{"held_on_the_interface_with_the_program",
            {{kLb, 24, kEth1}, {kVip, 32, kEth1}},
            {kEth1},
            State::kCovered,
            ""},
        Row{"held_on_another_interface",
            {{kLb, 24, kEth1}, {kVip, 32, kEth1}},
            {kEth0},
            State::kUncovered,
            kOnEth1},
        Row{"elsewhere_and_its_subnet_has_the_program",
            {{kManagement, 24, kEth0}, {kLb, 24, kEth1}},
            {kEth1},
            State::kCovered,
            ""},
        Row{"elsewhere_and_its_subnet_is_of_another_interface",
            {{kManagement, 24, kEth0}, {kLb, 24, kEth1}},
            {kEth0},
            State::kUncovered,
            kInSubnetOfEth1},
        Row{"the_smallest_subnet_counts",
            {{kLb, 8, kEth0}, {kLb, 24, kEth1}},
            {kEth0},
            State::kUncovered,
            kInSubnetOfEth1},
        Row{"one_of_two_interfaces_in_the_subnet_is_enough",
            {{kLb, 24, kEth0}, {kLb, 24, kEth1}},
            {kEth1},
            State::kCovered,
            ""},
        Row{"in_no_subnet",
            {{kManagement, 24, kEth0}},
            {kEth0},
            State::kUnknown,
            kNowhere},
        Row{"routed_to_the_loopback_interface",
            {{kManagement, 24, kEth0}, {kVip, 32, kLo}},
            {kEth0},
            State::kUnknown,
            kNowhere},
        Row{"on_a_dummy_interface_and_in_a_subnet",
            {{kLb, 24, kEth1}, {kVip, 32, kDummy}},
            {kEth1},
            State::kCovered,
            ""},
        Row{"on_a_macvlan_of_keepalived",
            {{kLb, 24, kEth1}, {kVip, 32, kMacvlan}},
            {kEth1},
            State::kCovered,
            ""},
        Row{"on_a_bridge_whose_port_has_the_program",
            {{kVip, 24, kBridge}},
            {kPort},
            State::kCovered,
            ""},
        // The program passes frames with a VLAN tag.
        Row{"on_a_vlan_above_the_program",
            {{kVip, 24, kVlan}},
            {kEth1},
            State::kUncovered,
            "10.0.0.200 is on eth1.9, which has no load balancer's program; "
            "expected --interface to name it"}),
    [](const ::testing::TestParamInfo<Row>& row) {
      return std::string(row.param.description);
    });

}  // namespace
}  // namespace l275
