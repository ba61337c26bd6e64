#include "web/dnat/differences.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "web/dnat/json_path.h"
#include "web/dnat/table_rules.h"

namespace l275 {
namespace {

using ::google::protobuf::Value;
using ::google::protobuf::util::JsonStringToMessage;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<NatRule> Rules(absl::string_view services, absl::string_view locals,
                           absl::string_view interfaces = "eth1") {
  const auto rules = ParseNatRules(services, locals, interfaces);
  EXPECT_TRUE(rules.ok()) << rules.status();
  return rules.value_or(std::vector<NatRule>());
}

// What the kernel holds after the rules were installed.
Ruleset Installed(const std::vector<NatRule>& rules) {
  Ruleset ruleset;
  ruleset.installed = true;
  for (const NatRule& rule : rules) ruleset.services.push_back({rule, {1, 60}});
  for (const TableRule& rule : DerivedRules(rules)) {
    Value expression;
    EXPECT_TRUE(JsonStringToMessage(rule.expression, &expression).ok());
    ruleset.derived.push_back(
        {rule.chain, CanonicalText(expression), {1, 60}, 9});
  }
  return ruleset;
}

// Takes the installed rules of a chain out, and returns them.
std::vector<InstalledRule> Take(absl::string_view chain, Ruleset* ruleset) {
  std::vector<InstalledRule> taken;
  std::vector<InstalledRule> left;
  for (InstalledRule& rule : ruleset->derived) {
    (rule.chain == chain ? taken : left).push_back(std::move(rule));
  }
  ruleset->derived = std::move(left);
  EXPECT_FALSE(taken.empty()) << chain;
  return taken;
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
  std::swap(installed.services[0], installed.services[1]);
  EXPECT_THAT(Differences(rules, installed),
              ElementsAre("out of order: tcp:10.0.0.200:0 on eth1 to "
                          "10.0.0.101 comes before tcp:10.0.0.200:80 on eth1 "
                          "to 10.0.0.101:80"));
}

TEST(DifferencesTest, RuleInstalledAgain) {
  const auto rules = Rules("tcp:10.0.0.200:80", "10.0.0.101");
  Ruleset installed = Installed(rules);
  installed.services.push_back(installed.services[0]);
  EXPECT_THAT(Differences(rules, installed),
              ElementsAre("installed again: tcp:10.0.0.200:80 on eth1 to "
                          "10.0.0.101:80"));
}

TEST(DifferencesTest, MssDiffers) {
  const auto limited =
      *ParseNatRules("tcp:10.0.0.200:80", "10.0.0.101", "eth1", 1360);
  const auto rules = Rules("tcp:10.0.0.200:80", "10.0.0.101");
  EXPECT_THAT(Differences(limited, Installed(limited)), IsEmpty());
  EXPECT_THAT(Differences(limited, Installed(rules)),
              ElementsAre("different: tcp:10.0.0.200:80 on eth1 to "
                          "10.0.0.101:80 is installed, asked was "
                          "tcp:10.0.0.200:80 on eth1 to 10.0.0.101:80, MSS "
                          "1360"));
}

struct DerivedRow {
  const char* chain;
  const char* words;
};

TEST(DifferencesTest, DerivedRuleMissingRepeatedOrChanged) {
  const DerivedRow rows[] = {
      {kOwnRequests,
       "the rule for this host's own connections to tcp:10.0.0.200:80"},
      {kStrayRequests,
       "the rule that forwards no packets for 10.0.0.200 from eth1"},
      {kLateAnswers, "the guard of answers from 10.0.0.101:80 on eth1"},
      {kAnswerMss, "the MSS limit of answers from tcp:10.0.0.200:80, 1360"},
  };
  const auto rules =
      *ParseNatRules("tcp:10.0.0.200:80", "10.0.0.101", "eth1", 1360);
  for (const DerivedRow& row : rows) {
    SCOPED_TRACE(row.chain);
    Ruleset installed = Installed(rules);
    InstalledRule rule = Take(row.chain, &installed).front();
    EXPECT_THAT(Differences(rules, installed),
                ElementsAre(absl::StrCat("missing: ", row.words)));
    installed.derived.push_back(rule);
    installed.derived.push_back(rule);
    EXPECT_THAT(Differences(rules, installed),
                ElementsAre(absl::StrCat("installed again: ", row.words)));
    installed.derived.back().expression = "changed";
    EXPECT_THAT(Differences(rules, installed),
                ElementsAre(absl::StrCat("not made by dnat: rule 9 in chain ",
                                         row.chain)));
  }
}

TEST(DifferencesTest, DerivedRulesInAnotherOrder) {
  const auto rules = Rules(kTwo, "10.0.0.101");
  Ruleset installed = Installed(rules);
  std::vector<InstalledRule> own = Take(kOwnRequests, &installed);
  std::reverse(own.begin(), own.end());
  installed.derived.insert(installed.derived.end(), own.begin(), own.end());
  EXPECT_THAT(Differences(rules, installed),
              ElementsAre("out of order: the rule for this host's own "
                          "connections to tcp:10.0.0.200:80"));
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
