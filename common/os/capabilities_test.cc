#include "common/os/capabilities.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace l275 {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// One of each of the kernel's two words.
constexpr Capability kNetAdmin = {CAP_NET_ADMIN, "CAP_NET_ADMIN"};
constexpr Capability kBpf = {CAP_BPF, "CAP_BPF"};

std::vector<std::string> Missing() {
  const auto missing = MissingCapabilities({kBpf, kNetAdmin});
  EXPECT_TRUE(missing.ok()) << missing.status();
  return *missing;
}

// Takes a capability out of the effective set, or puts it in again.
void SetEffective(const Capability& capability, bool on) {
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};
  ASSERT_EQ(syscall(SYS_capget, &header, data), 0);
  auto& word = data[CAP_TO_INDEX(capability.number)].effective;
  const uint32_t bit = CAP_TO_MASK(capability.number);
  word = on ? word | bit : word & ~bit;
  ASSERT_EQ(syscall(SYS_capset, &header, data), 0);
}

TEST(MissingCapabilitiesTest, NamesWhatIsNotInEffect) {
  ASSERT_THAT(Missing(), IsEmpty()) << "this test needs root";
  SetEffective(kBpf, false);
  EXPECT_THAT(Missing(), ElementsAre("CAP_BPF"));
  SetEffective(kNetAdmin, false);
  EXPECT_THAT(Missing(), ElementsAre("CAP_BPF", "CAP_NET_ADMIN"));
  SetEffective(kBpf, true);
  EXPECT_THAT(Missing(), ElementsAre("CAP_NET_ADMIN"));
  SetEffective(kNetAdmin, true);
  EXPECT_THAT(Missing(), IsEmpty());
}

}  // namespace
}  // namespace l275
