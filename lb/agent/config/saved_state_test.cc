#include "lb/agent/config/saved_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <string>

#include "common/control/services_text.h"
#include "lb/agent/config/desired_state_proto.h"

namespace l275 {
namespace {

using ::testing::HasSubstr;

DesiredState State(const std::string& text) {
  auto services = ParseServicesText(text, "test");
  EXPECT_TRUE(services.ok()) << services.status();
  auto state = DesiredStateFromText(*services);
  EXPECT_TRUE(state.ok()) << state.status();
  return *std::move(state);
}

SavedState Example() {
  return {State(R"(service { vip: "10.0.0.200" port: 80 table_size: 251
                             backend { address: "10.0.0.101" } })"),
          State(R"(service { vip: "10.0.0.200" port: 80 table_size: 251
                             backend { address: "10.0.0.101" draining: true
                                       drain_until: 1234567890 }
                             backend { address: "10.0.0.102" weight: 7
                                       disabled: true } })")};
}

class SavedStateTest : public ::testing::Test {
 protected:
  const std::string path_ = std::string(getenv("TEST_TMPDIR")) + "/state";
};

TEST_F(SavedStateTest, ComesBackAsItWas) {
  EXPECT_FALSE(SavedState::Load(path_)->has_value());
  for (const SavedState& state : {Example(), SavedState()}) {
    ASSERT_TRUE(state.Save(path_).ok());
    const auto loaded = SavedState::Load(path_);
    ASSERT_TRUE(loaded.ok()) << loaded.status();
    EXPECT_EQ((*loaded)->declared, state.declared);
    EXPECT_EQ((*loaded)->desired, state.desired);
  }
}

// It is what lbctl made, and must not keep an agent from starting.
TEST_F(SavedStateTest, ABackendThatIsAVipIsReadable) {
  SavedState state = Example();
  ServiceAddress other = state.desired.begin()->first;
  other.vip = Ipv4Address::FromHost(0x0a000066);  // 10.0.0.102
  state.desired[other];
  const auto read = SavedState::FromText(state.ToText(), "FILE");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->desired, state.desired);
}

TEST_F(SavedStateTest, IsNeverTakenWhenItIsCutOff) {
  const std::string text = Example().ToText();
  ASSERT_GT(text.size(), 200u);
  for (size_t size = 0; size < text.size(); ++size) {
    const auto state = SavedState::FromText(text.substr(0, size), "FILE");
    ASSERT_FALSE(state.ok()) << size;
    EXPECT_THAT(std::string(state.status().message()), HasSubstr("FILE: "));
  }
}

TEST_F(SavedStateTest, ForeignFilesAreRefusedByName) {
  const std::string good = Example().ToText();
  const std::string first_line = good.substr(0, good.find('\n') + 1);
  const struct {
    std::string text;
    const char* error;
  } rows[] = {
      {"", "FILE: not a state of this lb_agent's; remove it to start with"},
      {"service { }\n", "FILE: not a state"},
      {"# lb_agent's state, version 2.\n# end\n", "FILE: not a state"},
      {first_line + "declared {\n# end\n", "FILE: damaged"},
      {first_line + "declared { service { } }\n# end\n",
       "FILE: \"\" is no IPv4"},
  };
  for (const auto& row : rows) {
    const auto state = SavedState::FromText(row.text, "FILE");
    EXPECT_THAT(std::string(state.status().message()), HasSubstr(row.error));
  }
}

}  // namespace
}  // namespace l275
