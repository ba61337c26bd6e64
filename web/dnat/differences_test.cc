#include "web/dnat/differences.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace l275 {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<NatRule> Rules(absl::string_view services, absl::string_view locals,
                           absl::string_view interfaces = "eth1") {
  const auto rules = ParseNatRules(services, locals, interfaces);
  EXPECT_TRUE(rules.ok()) << rules.status();
  return rules.value_or(std::vector<NatRule>());
}

Ruleset Installed(const std::vector<NatRule>& rules) {
  Ruleset ruleset;
  ruleset.installed = true;
  for (const NatRule& rule : rules) ruleset.rules.push_back({rule, {1, 60}});
  for (const AnswerGuard& guard : GuardsOf(rules)) {
    ruleset.guards.push_back({guard, {1, 60}});
  }
  return ruleset;
}

const char kTwo[] = "tcp:10.0.0.200:80,tcp:10.0.0.200:0";

TEST(DifferencesTest, NoneWhenAllIsAsAsked) {
  const auto rules = Rules(kTwo, "10.0.0.101");
  EXPECT_THAT(Differences(rules, Installed(rules)), IsEmpty());
}

TEST(DifferencesTest, TableNotThere) {
  EXPECT_THAT(Differences(Rules("tcp:10.0.0.200:80", "10.0.0.101"), Ruleset()),
              ElementsAre("missing: tcp:10.0.0.200:80 on eth1 to "
                          "10.0.0.101:80"));
}

TEST(DifferencesTest, ServiceMissing) {
  const auto installed = Installed(Rules("tcp:10.0.0.200:80", "10.0.0.101"));
  EXPECT_THAT(Differences(Rules(kTwo, "10.0.0.101"), installed),
              ElementsAre("missing: tcp:10.0.0.200:0 on eth1 to 10.0.0.101"));
}

TEST(DifferencesTest, ServiceNotAskedFor) {
  const auto installed = Installed(Rules(kTwo, "10.0.0.101"));
  EXPECT_THAT(
      Differences(Rules("tcp:10.0.0.200:0", "10.0.0.101"), installed),
      ElementsAre("not asked for: tcp:10.0.0.200:80 on eth1 to 10.0.0.101:80"));
}

TEST(DifferencesTest, LocalPortDiffers) {
  EXPECT_THAT(
      Differences(Rules("tcp:10.0.0.200:80", "10.0.0.101:8080"),
                  Installed(Rules("tcp:10.0.0.200:80", "10.0.0.101:8081"))),
      ElementsAre("different: tcp:10.0.0.200:80 on eth1 to 10.0.0.101:8081 is "
                  "installed, asked was tcp:10.0.0.200:80 on eth1 to "
                  "10.0.0.101:8080"));
}

TEST(DifferencesTest, InterfaceDiffers) {
  EXPECT_THAT(
      Differences(Rules("tcp:10.0.0.200:80", "10.0.0.101"),
                  Installed(Rules("tcp:10.0.0.200:80", "10.0.0.101", "eth2"))),
      ElementsAre("different: tcp:10.0.0.200:80 on eth2 to 10.0.0.101:80 is "
                  "installed, asked was tcp:10.0.0.200:80 on eth1 to "
                  "10.0.0.101:80"));
}

TEST(DifferencesTest, SameRulesInAnotherOrder) {
  const auto rules = Rules(kTwo, "10.0.0.101");
  Ruleset installed = Installed(rules);
  std::swap(installed.rules[0], installed.rules[1]);
  EXPECT_THAT(Differences(rules, installed),
              ElementsAre("out of order: tcp:10.0.0.200:0 on eth1 to "
                          "10.0.0.101 comes before tcp:10.0.0.200:80 on eth1 "
                          "to 10.0.0.101:80"));
}

TEST(DifferencesTest, RuleInstalledAgain) {
  const auto rules = Rules("tcp:10.0.0.200:80", "10.0.0.101");
  Ruleset installed = Installed(rules);
  installed.rules.push_back(installed.rules[0]);
  EXPECT_THAT(Differences(rules, installed),
              ElementsAre("installed again: tcp:10.0.0.200:80 on eth1 to "
                          "10.0.0.101:80"));
}

TEST(DifferencesTest, GuardMissing) {
  const auto rules = Rules("tcp:10.0.0.200:80", "10.0.0.101");
  Ruleset installed = Installed(rules);
  installed.guards.clear();
  EXPECT_THAT(Differences(rules, installed),
              ElementsAre("missing: the guard of answers from 10.0.0.101:80 "
                          "on eth1"));
}

TEST(DifferencesTest, GuardNotAskedForOrAgain) {
  const auto rules = Rules("tcp:10.0.0.200:80", "10.0.0.101");
  Ruleset installed = Installed(rules);
  installed.guards.push_back(installed.guards[0]);
  installed.guards.push_back(installed.guards[0]);
  installed.guards.back().rule.port = 22;
  EXPECT_THAT(
      Differences(rules, installed),
      ElementsAre(
          "installed again: the guard of answers from 10.0.0.101:80 on eth1",
          "not asked for: the guard of answers from 10.0.0.101:22 on eth1"));
}

TEST(DifferencesTest, SomethingElseInTheTable) {
  const auto rules = Rules("tcp:10.0.0.200:80", "10.0.0.101");
  Ruleset installed = Installed(rules);
  installed.strangers.push_back("chain mine");
  EXPECT_THAT(Differences(rules, installed),
              ElementsAre("not made by dnat: chain mine"));
}

}  // namespace
}  // namespace l275
