#include "web/dnat/report.h"

#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <map>

#include "common/control/json.h"
#include "web/dnat/json_path.h"
#include "web/dnat/table_rules.h"

namespace l275 {
namespace {

using ::google::protobuf::Value;
using ::google::protobuf::util::JsonStringToMessage;

Ruleset TwoServices() {
  Ruleset installed;
  installed.installed = true;
  const auto rules = ParseNatRules("tcp:10.0.0.200:80,tcp:10.0.0.201:0",
                                   "10.0.0.101:8080,10.0.0.101", "eth1");
  EXPECT_TRUE(rules.ok()) << rules.status();
  for (const NatRule& rule : *rules) {
    installed.services.push_back({rule, {12, 9}});
  }
  installed.services[0].rule.mss = 1360;
  const std::map<std::string, uint64_t> packets = {{kOwnRequests, 5},
                                                   {kStrayRequests, 4},
                                                   {kLateAnswers, 3},
                                                   {kRequestMss, 2},
                                                   {kAnswerMss, 1}};
  for (const InstalledService& service : installed.services) {
    for (const TableRule& rule : DerivedRules({service.rule})) {
      Value expression;
      EXPECT_TRUE(JsonStringToMessage(rule.expression, &expression).ok());
      installed.derived.push_back({rule.chain,
                                   CanonicalText(expression),
                                   {packets.at(rule.chain), 1},
                                   8});
    }
  }
  installed.strangers.push_back("chain mine");
  return installed;
}

TEST(ReportTest, TableHasARowForEachService) {
  EXPECT_EQ(ToTable(MakeReport(TwoServices())),
            "SERVICE               INTERFACE LOCAL                 MSS "
            "CONNECTIONS OWN CONNECTIONS DROPPED REQUESTS DROPPED ANSWERS\n"
            "tcp:10.0.0.200:80     eth1      10.0.0.101:8080      1360 "
            "         12               5                4               3\n"
            "tcp:10.0.0.201:0      eth1      10.0.0.101              - "
            "         12               5                4               0\n"
            "not made by dnat: chain mine\n");
}

TEST(ReportTest, NamesADerivedRuleOfNoService) {
  Ruleset installed = TwoServices();
  installed.strangers.clear();
  installed.derived.back().expression = "changed";
  const dnat::Report report = MakeReport(installed);
  ASSERT_EQ(report.stranger_size(), 1);
  EXPECT_EQ(report.stranger(0), "rule 8 in chain stray_requests");
}

TEST(ReportTest, TellsAnAbsentTableFromAnEmptyOne) {
  Ruleset empty;
  empty.installed = true;
  EXPECT_EQ(ToTable(MakeReport(Ruleset())), "not installed\n");
  EXPECT_NE(ToTable(MakeReport(empty)), "not installed\n");
}

TEST(ReportTest, JsonNamesEveryField) {
  Ruleset installed = TwoServices();
  installed.services.pop_back();
  installed.derived.resize(5);  // of the first service
  EXPECT_EQ(ToPrettyJson(MakeReport(installed)), R"({
 "installed": true,
 "service": [
  {
   "service": "tcp:10.0.0.200:80",
   "interface": "eth1",
   "local": "10.0.0.101:8080",
   "connections": "12",
   "dropped_answers": "3",
   "own_connections": "5",
   "dropped_requests": "4",
   "mss": 1360
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
