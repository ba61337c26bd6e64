#include "lb/agent/config/state_keeper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include "lb/agent/config/desired_source.h"
#include "lb/agent/config/desired_state.h"

namespace l275 {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kFile[] =
    "service { vip: \"10.0.0.200\" port: 80\n"
    "  backend { address: \"10.0.0.101\" }\n"
    "  backend { address: \"10.0.0.102\" } }\n";

class StateKeeperTest : public ::testing::Test {
 protected:
  StateKeeperTest() { Write(kFile); }
  ~StateKeeperTest() override { std::remove(state_file_.c_str()); }

  void Write(const std::string& text) { std::ofstream(file_) << text; }

  StateKeeper Keeper() {
    return StateKeeper(*DesiredSource::Create({file_, "", ""}), state_file_);
  }

  DesiredBackend& BackendOf(DesiredState& state, const char* address) {
    return state.begin()->second.backends.at(*Ipv4Address::Parse(address));
  }

  const std::string file_ = std::string(getenv("TEST_TMPDIR")) + "/services";
  const std::string state_file_ = std::string(getenv("TEST_TMPDIR")) + "/state";
};

TEST_F(StateKeeperTest, ReadingAgainKeepsWhatTheFileDidNotChange) {
  StateKeeper keeper = Keeper();
  absl::StatusOr<DesiredState> desired = keeper.Start();
  ASSERT_TRUE(desired.ok()) << desired.status();
  BackendOf(*desired, "10.0.0.102").disabled = true;
  BackendOf(*desired, "10.0.0.101").weight = 7;
  Write(
      "service { vip: \"10.0.0.200\" port: 80\n"
      "  backend { address: \"10.0.0.101\" weight: 50 }\n"
      "  backend { address: \"10.0.0.102\" weight: 50 } }\n");
  absl::StatusOr<StateKeeper::Reread> reread = keeper.ReadAgain(*desired);
  ASSERT_TRUE(reread.ok()) << reread.status();
  DesiredState after = reread->merged.state;
  EXPECT_TRUE(BackendOf(after, "10.0.0.102").disabled);
  EXPECT_EQ(BackendOf(after, "10.0.0.102").weight, 50u);
  EXPECT_EQ(BackendOf(after, "10.0.0.101").weight, 50u);
  keeper.Declare(*std::move(reread));
  EXPECT_THAT(
      keeper.replaced(),
      ElementsAre("tcp:10.0.0.200:80: backend 10.0.0.101 weight 100 -> 7"));

  // The same file once more is no change.
  reread = keeper.ReadAgain(after);
  ASSERT_TRUE(reread.ok()) << reread.status();
  EXPECT_EQ(reread->merged.state, after);
  EXPECT_THAT(reread->merged.replaced, IsEmpty());
}

TEST_F(StateKeeperTest, AVipThatIsABackendByNowStopsAReloadButNoStart) {
  StateKeeper keeper = Keeper();
  absl::StatusOr<DesiredState> desired = keeper.Start();
  ASSERT_TRUE(desired.ok()) << desired.status();
  desired->begin()->second.backends[*Ipv4Address::Parse("10.0.0.201")];
  ASSERT_TRUE(keeper.Save(*desired).ok());
  Write(std::string(kFile) + "service { vip: \"10.0.0.201\" port: 443 }\n");
  EXPECT_THAT(std::string(keeper.ReadAgain(*desired).status().message()),
              HasSubstr("backend 10.0.0.201 is the VIP of service"));

  StateKeeper next = Keeper();
  const absl::StatusOr<DesiredState> restored = next.Start();
  ASSERT_TRUE(restored.ok()) << restored.status();
  EXPECT_EQ(BackendAddresses(*restored).size(), 2u);
  EXPECT_THAT(next.replaced(), ElementsAre(HasSubstr("backend 10.0.0.201")));
}

}  // namespace
}  // namespace l275
