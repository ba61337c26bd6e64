#include "lb/agent/announce/local_addresses.h"

#include <gtest/gtest.h>

#include "common/event/libevent_ptr.h"
#include "common/testing/run_until.h"
#include "common/testing/test_namespace.h"

namespace l275 {
namespace {

constexpr Ipv4Address kFirst = Ipv4Address::FromHost(0x0a000002);
constexpr Ipv4Address kVip = Ipv4Address::FromHost(0x0a0000c8);

TEST(LocalAddressesTest, FollowsTheHostsAddresses) {
  TestNamespace host;
  const TestNamespace::Scope scope(host);
  host.IpBatch(
      "link add eth0 type veth peer peer0\n"
      "address add 10.0.0.2/24 dev eth0\n");
  const EventBasePtr base(event_base_new());
  int changes = 0;
  const auto addresses = LocalAddresses::Create(base.get(), [&] { ++changes; });
  ASSERT_TRUE(addresses.ok()) << addresses.status();
  EXPECT_EQ((*addresses)->addresses().count(kFirst), 1u);
  EXPECT_EQ((*addresses)->addresses().count(kVip), 0u);

  host.Ip("address add 10.0.0.200/32 dev eth0");
  EXPECT_TRUE(RunUntil(
      base.get(), [&] { return (*addresses)->addresses().count(kVip) == 1; }));
  EXPECT_EQ(changes, 1);
  host.Ip("address del 10.0.0.200/32 dev eth0");
  EXPECT_TRUE(RunUntil(
      base.get(), [&] { return (*addresses)->addresses().count(kVip) == 0; }));
  EXPECT_EQ((*addresses)->addresses().count(kFirst), 1u);
  EXPECT_EQ(changes, 2);
}

}  // namespace
}  // namespace l275
