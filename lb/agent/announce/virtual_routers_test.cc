#include "lb/agent/announce/virtual_routers.h"

#include <gtest/gtest.h>

#include <string>

namespace l275 {
namespace {

constexpr uint32_t kEth0 = 2;
constexpr uint32_t kEth1 = 3;
constexpr uint32_t kVmac = 9;
constexpr MacAddress kVmac51 = {0, 0, 0x5e, 0, 1, 51};
constexpr Ipv4Address kOwn = Ipv4Address::FromHost(0x0a000002);
constexpr Ipv4Address kVip = Ipv4Address::FromHost(0x0a0000c8);

class FindVirtualRoutersTest : public ::testing::Test {
 protected:
  // A macvlan device on an interface.
  Link& Add(uint32_t ifindex, uint32_t parent, const MacAddress& mac) {
    Link& link = links_[ifindex];
    link.ifindex = ifindex;
    link.mac = mac;
    link.ethernet = link.up = true;
    link.kind = "macvlan";
    link.lower = parent;
    return link;
  }

  std::map<uint32_t, VirtualRouters> Find() const {
    return FindVirtualRouters(links_, addresses_, ingress_, {kVip});
  }

  std::map<uint32_t, Link> links_;
  std::vector<HostAddress> addresses_;
  std::map<uint32_t, MacAddress> ingress_ = {{kEth0, {}}};
};

TEST_F(FindVirtualRoutersTest, TheActiveOneHasAnAddress) {
  Add(kVmac, kEth0, kVmac51);
  addresses_ = {{kVip, 32, kVmac}};
  EXPECT_EQ(Find().at(kEth0), (VirtualRouters{{51}, {51}}));
}

TEST_F(FindVirtualRoutersTest, ABackupHasNone) {
  Add(kVmac, kEth0, kVmac51);
  addresses_ = {{kOwn, 24, kEth0}};
  EXPECT_EQ(Find().at(kEth0), (VirtualRouters{{51}, {}}));
}

// keepalived: virtual_ipaddress { 10.0.0.200/32 dev eth0 }
TEST_F(FindVirtualRoutersTest, AVipOnAnotherDeviceIsAnyVirtualRouters) {
  Add(kVmac, kEth0, kVmac51);
  addresses_ = {{kVip, 32, kEth0}};
  EXPECT_EQ(Find().at(kEth0), (VirtualRouters{{51}, {51}}));
  links_.at(kVmac).up = false;
  EXPECT_EQ(Find().at(kEth0), (VirtualRouters{{51}, {}}));
  links_.at(kVmac).up = true;
  // But one on another virtual router's says nothing.
  Add(kVmac + 1, kEth0, {0, 0, 0x5e, 0, 1, 52});
  addresses_ = {{kVip, 32, kVmac + 1}};
  EXPECT_EQ(Find().at(kEth0), (VirtualRouters{{51, 52}, {52}}));
}

TEST_F(FindVirtualRoutersTest, OnABondTheyAreThoseOfItsPorts) {
  constexpr uint32_t kBond = 8;
  Add(kVmac, kBond, kVmac51);
  addresses_ = {{kVip, 32, kVmac}};
  EXPECT_TRUE(Find().empty());
  for (uint32_t port : {kEth0, kEth1}) {
    Add(port, 0, {2, 0, 0, 0, 0, 1}).kind = "";
    links_.at(port).master = kBond;
    ingress_[port] = {};
  }
  EXPECT_EQ(Find().size(), 2u);
  EXPECT_EQ(Find().at(kEth1), (VirtualRouters{{51}, {51}}));
}

TEST_F(FindVirtualRoutersTest, ADeviceThatIsDownIsABackup) {
  Add(kVmac, kEth0, kVmac51).up = false;
  addresses_ = {{kVip, 32, kVmac}};
  EXPECT_EQ(Find().at(kEth0), (VirtualRouters{{51}, {}}));
}

TEST_F(FindVirtualRoutersTest, AreThoseOfTheInterfacesWithAProgram) {
  Add(kVmac, kEth1, kVmac51);
  addresses_ = {{kVip, 32, kVmac}};
  EXPECT_TRUE(Find().empty());
  ingress_[kEth1] = {};
  Add(kVmac + 1, kEth0, {0, 0, 0x5e, 0, 1, 255});
  EXPECT_EQ(Find().at(kEth1), (VirtualRouters{{51}, {51}}));
  EXPECT_EQ(Find().at(kEth0), (VirtualRouters{{255}, {}}));
}

TEST_F(FindVirtualRoutersTest, OtherAddressesAndDevicesAreNone) {
  Add(kVmac, kEth0, {0, 0, 0x5e, 0, 2, 51});  // IPv6's
  Add(kVmac + 1, kEth0, {2, 0, 0x5e, 0, 1, 51});
  Add(kVmac + 2, kEth0, kVmac51).kind = "vlan";
  for (const auto& [ifindex, link] : links_) {
    addresses_.push_back({kVip, 32, ifindex});
  }
  EXPECT_TRUE(Find().empty());
}

}  // namespace
}  // namespace l275
