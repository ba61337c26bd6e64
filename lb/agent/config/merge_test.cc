#include "lb/agent/config/merge.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

#include "common/control/services_text.h"
#include "lb/agent/config/desired_state_proto.h"

namespace l275 {
namespace {

// "80: 1 2@50" is a service on port 80 with two backends.
DesiredState State(const std::string& text) {
  auto services = ParseServicesText(text, "test");
  EXPECT_TRUE(services.ok()) << services.status();
  auto state = DesiredStateFromText(*services);
  EXPECT_TRUE(state.ok()) << state.status();
  return *std::move(state);
}

std::string Service(const std::string& backends, int port = 80,
                    const std::string& more = "") {
  return "service { vip: \"10.0.0.200\" port: " + std::to_string(port) + " " +
         more + " " + backends + " }";
}

constexpr char kOne[] = "backend { address: \"10.0.0.101\" }";
constexpr char kOneDrains[] =
    "backend { address: \"10.0.0.101\" draining: true }";
constexpr char kOneHalf[] = "backend { address: \"10.0.0.101\" weight: 50 }";
constexpr char kOneWeight7[] = "backend { address: \"10.0.0.101\" weight: 7 }";
constexpr char kOneDisabled[] =
    "backend { address: \"10.0.0.101\" disabled: true }";
constexpr char kTwo[] = "backend { address: \"10.0.0.102\" }";

struct Row {
  const char* description;
  std::string base, changed, declared, merged;
  std::vector<std::string> replaced = {};
};

std::ostream& operator<<(std::ostream& out, const Row& row) {
  return out << row.description;
}

class MergeTest : public ::testing::TestWithParam<Row> {};

TEST_P(MergeTest, IsAsTheOperatorExpects) {
  const Row& row = GetParam();
  const MergedState merged =
      MergeDesired(State(row.base), State(row.changed), State(row.declared));
  EXPECT_EQ(merged.state, State(row.merged));
  EXPECT_EQ(merged.replaced, row.replaced);
}

const std::string kBoth = std::string(kOne) + kTwo;

INSTANTIATE_TEST_SUITE_P(
    All, MergeTest,
    ::testing::Values(
        Row{"nothing happened", Service(kOne), Service(kOne), Service(kOne),
            Service(kOne)},
        Row{"a drain outlives the restart", Service(kBoth),
            Service(std::string(kOneDrains) + kTwo), Service(kBoth),
            Service(std::string(kOneDrains) + kTwo)},
        Row{"a drain outlives a backend that was declared meanwhile",
            Service(kOne), Service(kOneDrains), Service(kBoth),
            Service(std::string(kOneDrains) + kTwo)},
        Row{"a drain outlives a new weight", Service(kOne), Service(kOneDrains),
            Service(kOneHalf),
            Service("backend { address: \"10.0.0.101\" weight: 50 "
                    "draining: true }")},
        Row{"a disabled backend stays so when its weight changes",
            Service(kOne), Service(kOneDisabled), Service(kOneHalf),
            Service("backend { address: \"10.0.0.101\" weight: 50 "
                    "disabled: true }")},
        Row{"a disabled one stays so when it moves from lbctl to the file",
            Service(kTwo), Service(std::string(kOneDisabled) + kTwo),
            Service(kBoth), Service(std::string(kOneDisabled) + kTwo)},
        Row{"a newer weight replaces that of lbctl",
            Service(kOneHalf),
            Service(kOneWeight7),
            Service(kOne),
            Service(kOne),
            {"tcp:10.0.0.200:80: backend 10.0.0.101 weight 50 -> 7"}},
        Row{"the same weight replaces nothing", Service(kOne),
            Service(kOneHalf), Service(kOneHalf), Service(kOneHalf)},
        Row{"a newer drain replaces a disable",
            Service(kOne),
            Service(kOneDisabled),
            Service(kOneDrains),
            Service(kOneDrains),
            {"tcp:10.0.0.200:80: backend 10.0.0.101 disabled"}},
        Row{"one that was removed comes back with a new weight",
            Service(kBoth),
            Service(kTwo),
            Service(std::string(kOneHalf) + kTwo),
            Service(std::string(kOneHalf) + kTwo),
            {"tcp:10.0.0.200:80: backend 10.0.0.101 removed"}},
        Row{"a backend that was added at run time stays", Service(kOne),
            Service(kBoth), Service(kOne), Service(kBoth)},
        Row{"one that was added at run time and is declared now", Service(kOne),
            Service(kBoth), Service(kBoth), Service(kBoth)},
        Row{"a backend that was removed at run time stays away", Service(kBoth),
            Service(kOne), Service(kBoth), Service(kOne)},
        Row{"a backend that is declared no more goes, changed or not",
            Service(kBoth),
            Service(std::string(kOneDrains) + kTwo),
            Service(kTwo),
            Service(kTwo),
            {"tcp:10.0.0.200:80: backend 10.0.0.101 draining"}},
        Row{"a service that was added at run time stays", "", Service(kOne), "",
            Service(kOne)},
        Row{"a service that was removed at run time stays away", Service(kOne),
            "", Service(kOne), ""},
        Row{"and its new backends with it", Service(kOne), "", Service(kBoth),
            ""},
        Row{"one that was removed comes back as it is declared again",
            Service(kOne),
            "",
            Service(kBoth, 80, "table_size: 251"),
            Service(kBoth, 80, "table_size: 251"),
            {"tcp:10.0.0.200:80: service removed"}},
        Row{"a service that is declared no more goes",
            Service(kOne) + Service(kTwo, 443),
            Service(kOneDrains) + Service(kTwo, 443),
            Service(kTwo, 443),
            Service(kTwo, 443),
            {"tcp:10.0.0.200:80: backend 10.0.0.101 draining"}},
        Row{"a table size that was declared again, beside a drain",
            Service(kOne), Service(kOneDrains),
            Service(kOne, 80, "table_size: 251"),
            Service(kOneDrains, 80, "table_size: 251")}));

}  // namespace
}  // namespace l275
