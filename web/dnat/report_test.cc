#include "web/dnat/report.h"

#include <gtest/gtest.h>

#include "common/json.h"

namespace l275 {
namespace {

Ruleset TwoServices() {
  Ruleset installed;
  installed.installed = true;
  const auto rules = ParseNatRules("tcp:10.0.0.200:80,tcp:10.0.0.201:0",
                                   "10.0.0.101:8080,10.0.0.101", "eth1");
  EXPECT_TRUE(rules.ok()) << rules.status();
  for (const NatRule& rule : *rules) installed.rules.push_back({rule, {12, 9}});
  for (const AnswerGuard& guard : GuardsOf(*rules)) {
    installed.guards.push_back({guard, {3, 156}});
  }
  installed.strangers.push_back("chain mine");
  return installed;
}

TEST(ReportTest, TableHasARowForEachService) {
  EXPECT_EQ(ToTable(MakeReport(TwoServices())),
            "SERVICE                     INTERFACE       LOCAL                 "
            "CONNECTIONS HELD BACK\n"
            "tcp:10.0.0.200:80           eth1            10.0.0.101:8080       "
            "         12         3\n"
            "tcp:10.0.0.201:0            eth1            10.0.0.101            "
            "         12         0\n"
            "not made by dnat: chain mine\n");
}

TEST(ReportTest, TellsAnAbsentTableFromAnEmptyOne) {
  Ruleset empty;
  empty.installed = true;
  EXPECT_EQ(ToTable(MakeReport(Ruleset())), "not installed\n");
  EXPECT_NE(ToTable(MakeReport(empty)), "not installed\n");
}

TEST(ReportTest, JsonNamesEveryField) {
  Ruleset installed = TwoServices();
  installed.rules.pop_back();
  EXPECT_EQ(ToPrettyJson(MakeReport(installed)), R"({
 "installed": true,
 "service": [
  {
   "service": "tcp:10.0.0.200:80",
   "interface": "eth1",
   "local": "10.0.0.101:8080",
   "connections": "12",
   "held_back": "3"
  }
 ],
 "stranger": [
  "chain mine"
 ]
}
)");
}

}  // namespace
}  // namespace l275
