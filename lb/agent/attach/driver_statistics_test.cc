#include "lb/agent/attach/driver_statistics.h"

#include "common/testing/test_namespace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace l275 {
namespace {

using testing::Contains;
using testing::IsEmpty;
using testing::Pair;

// As drivers of Linux 6.1 to 6.12 name them.
TEST(DriverStatisticsTest, KnowsNamesOfLosses) {
  for (const char* name :
       {"rx_queue_0_xdp_tx_errors", "tx_queue_1_xdp_xmit_errors",  // veth
        "tx0_xdp_tx_drops",                                        // virtio_net
        "rx_xdp_tx_full", "rx_xdp_tx_err", "tx_xdp_full",          // mlx5
        "rx_xdp_redirect_fail",                                    // mlx4
        "rx_xdp_tx_errors[0]", "tx_xdp_xmit_errors[0]",            // gve
        "rx_xdp_bad_drops",                                        // sfc
        "queue_0_rx_xdp_invalid"}) {                               // ena
    EXPECT_TRUE(CountsXdpLosses(name)) << name;
  }
  for (const char* name :
       {"rx_queue_0_xdp_drops", "rx_queue_0_xdp_tx", "rx_xdp_drop",
        "rx0_xdp_redirects", "tx_errors", "rx_fifo_errors", "tx_xdp_xmit"}) {
    EXPECT_FALSE(CountsXdpLosses(name)) << name;
  }
}

TEST(DriverStatisticsTest, ReadsThoseOfAnInterface) {
  const TestNamespace host, peer;
  host.Connect("eth1", peer, "p1");
  const TestNamespace::Scope inside(host);
  const auto statistics = DriverStatistics::Create();
  ASSERT_TRUE(statistics.ok()) << statistics.status();
  const auto losses = statistics->ReadXdpLosses("eth1");
  ASSERT_TRUE(losses.ok()) << losses.status();
  EXPECT_THAT(*losses, Contains(Pair("rx_queue_0_xdp_tx_errors", 0)));
}

TEST(DriverStatisticsTest, AnInterfaceWithoutAnyIsNoError) {
  const TestNamespace host;
  host.Ip("link add br0 type bridge");
  const TestNamespace::Scope inside(host);
  const auto losses = DriverStatistics::Create()->ReadXdpLosses("br0");
  ASSERT_TRUE(losses.ok()) << losses.status();
  EXPECT_THAT(*losses, IsEmpty());
}

TEST(DriverStatisticsTest, NamesAnInterfaceThatIsNotThere) {
  const TestNamespace host;
  const TestNamespace::Scope inside(host);
  const auto losses = DriverStatistics::Create()->ReadXdpLosses("eth7");
  EXPECT_EQ(losses.status().message(),
            "ETHTOOL_GDRVINFO(eth7): No such device");
}

}  // namespace
}  // namespace l275
