#include "lb/agent/attach/gro.h"

#include <gtest/gtest.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "common/os/unique_fd.h"
#include "common/testing/test_namespace.h"

namespace l275 {
namespace {

void SetGro(const std::string& interface, bool on) {
  const UniqueFd fd(socket(AF_INET, SOCK_DGRAM, 0));
  ethtool_value value = {};
  value.cmd = ETHTOOL_SGRO;
  value.data = on ? 1 : 0;
  ifreq request = {};
  interface.copy(request.ifr_name, IFNAMSIZ - 1);
  request.ifr_data = reinterpret_cast<char*>(&value);
  ASSERT_EQ(ioctl(fd.get(), SIOCETHTOOL, &request), 0);
}

TEST(GroTest, IsReadFromTheInterface) {
  const TestNamespace host;
  const TestNamespace::Scope scope(host);
  host.IpBatch("link add eth0 type veth peer peer0\n");
  for (const bool on : {true, false, true}) {
    SetGro("eth0", on);
    const absl::StatusOr<bool> read = IsGroOn("eth0");
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(*read, on);
  }
  EXPECT_EQ(std::string(IsGroOn("eth7").status().message()),
            "ETHTOOL_GGRO(eth7): No such device");
}

}  // namespace
}  // namespace l275
