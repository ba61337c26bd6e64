#include "web/dnat/ruleset.h"

#include <gmock/gmock.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "web/dnat/json_path.h"

namespace l275 {
namespace {

using ::google::protobuf::Value;
using ::google::protobuf::util::JsonStringToMessage;
using ::google::protobuf::util::MessageToJsonString;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// What libnftables 1.0.6 lists for one service, tcp:10.0.0.200:80 to
// 10.0.0.101:8080, after seven connections.
constexpr char kTable[] =
    R"({"table": {"family": "ip", "name": "l275_dnat", "handle": 2}})";
constexpr char kRequestsChain[] =
    R"({"chain": {"family": "ip", "table": "l275_dnat", "name": "requests",
        "handle": 1, "type": "nat", "hook": "prerouting", "prio": -100,
        "policy": "accept"}})";
constexpr char kAnswersChain[] =
    R"({"chain": {"family": "ip", "table": "l275_dnat", "name": "answers",
        "handle": 2, "type": "filter", "hook": "postrouting", "prio": 0,
        "policy": "accept"}})";
constexpr char kRule[] =
    R"({"rule": {"family": "ip", "table": "l275_dnat", "chain": "requests",
        "handle": 3, "expr": [
        {"match": {"op": "==", "left": {"meta": {"key": "iifname"}},
                   "right": "eth1"}},
        {"match": {"op": "==", "left": {"payload": {"protocol": "ip",
                   "field": "daddr"}}, "right": "10.0.0.200"}},
        {"match": {"op": "==", "left": {"payload": {"protocol": "tcp",
                   "field": "dport"}}, "right": 80}},
        {"counter": {"packets": 7, "bytes": 420}},
        {"dnat": {"addr": "10.0.0.101", "port": 8080}}]}})";
constexpr char kGuard[] =
    R"({"rule": {"family": "ip", "table": "l275_dnat", "chain": "answers",
        "handle": 4, "expr": [
        {"match": {"op": "==", "left": {"meta": {"key": "oifname"}},
                   "right": "eth1"}},
        {"match": {"op": "==", "left": {"payload": {"protocol": "ip",
                   "field": "saddr"}}, "right": "10.0.0.101"}},
        {"match": {"op": "==", "left": {"payload": {"protocol": "tcp",
                   "field": "sport"}}, "right": 8080}},
        {"match": {"op": "in", "left": {"payload": {"protocol": "tcp",
                   "field": "flags"}}, "right": 16}},
        {"match": {"op": "in", "left": {"ct": {"key": "state"}},
                   "right": [1, 8]}},
        {"counter": {"packets": 1, "bytes": 52}}, {"drop": null}]}})";

std::string Answer(const std::vector<std::string>& objects) {
  return absl::StrCat(R"({"nftables": [{"metainfo": {"version": "1.0.6"}},)",
                      absl::StrJoin(objects, ","), "]}");
}

Ruleset Parse(const std::vector<std::string>& objects) {
  const absl::StatusOr<Ruleset> ruleset = ParseRuleset(Answer(objects));
  EXPECT_TRUE(ruleset.ok()) << ruleset.status();
  return ruleset.value_or(Ruleset());
}

// `object` with its first `from` made `to`.
std::string With(absl::string_view object, absl::string_view from,
                 absl::string_view to) {
  std::string text(object);
  const size_t place = text.find(std::string(from));
  EXPECT_NE(place, std::string::npos) << from;
  return text.replace(place, from.size(), std::string(to));
}

std::vector<NatRule> Rules(absl::string_view services, absl::string_view locals,
                           uint16_t mss = 0) {
  const auto rules = ParseNatRules(services, locals, "eth1", mss);
  EXPECT_TRUE(rules.ok()) << rules.status();
  return rules.value_or(std::vector<NatRule>());
}

// The derived rule of the chain `answers` that belongs to kRule.
TableRule Guard() {
  for (TableRule& rule :
       DerivedRules(Rules("tcp:10.0.0.200:80", "10.0.0.101:8080"))) {
    if (rule.chain == kLateAnswers) return rule;
  }
  ADD_FAILURE() << "none";
  return {};
}

TEST(ParseRulesetTest, ReadsWhatIsInstalled) {
  const Ruleset ruleset =
      Parse({kTable, kRequestsChain, kAnswersChain, kRule, kGuard});
  EXPECT_TRUE(ruleset.installed);
  EXPECT_THAT(ruleset.strangers, IsEmpty());
  ASSERT_EQ(ruleset.services.size(), 1u);
  EXPECT_EQ(ruleset.services[0].rule.ToString(),
            "tcp:10.0.0.200:80 on eth1 to 10.0.0.101:8080");
  EXPECT_EQ(ruleset.services[0].counter.packets, 7u);
  EXPECT_EQ(ruleset.services[0].counter.bytes, 420u);
  ASSERT_EQ(ruleset.derived.size(), 1u);
  EXPECT_TRUE(IsSame(ruleset.derived[0], Guard()));
  EXPECT_EQ(Describe(ruleset.derived[0]), "rule 4 in chain answers");
  EXPECT_EQ(ruleset.derived[0].counter.packets, 1u);
}

struct Strange {
  const char* object;
  const char* from;
  const char* to;
  const char* stranger;
};

class StrangerTest : public ::testing::TestWithParam<Strange> {};

TEST_P(StrangerTest, IsNamed) {
  const Strange& row = GetParam();
  const Ruleset ruleset = Parse({With(row.object, row.from, row.to)});
  EXPECT_THAT(ruleset.strangers, ElementsAre(row.stranger));
  EXPECT_THAT(ruleset.services, IsEmpty());
  EXPECT_THAT(ruleset.derived, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(
    All, StrangerTest,
    ::testing::Values(
        Strange{kTable, "\"handle\": 2", "\"flags\": \"dormant\"",
                "a flag or another setting of the table"},
        Strange{kRequestsChain, "-100", "-99", "chain requests"},
        Strange{kRequestsChain, "\"requests\"", "\"mine\"", "chain mine"},
        Strange{kAnswersChain, "postrouting", "output", "chain answers"},
        Strange{kRule, "\"==\"", "\"!=\"", "rule 3 in chain requests"},
        Strange{kRule, "iifname", "oifname", "rule 3 in chain requests"},
        Strange{kRule, "\"eth1\"", "[\"eth1\", \"eth2\"]",
                "rule 3 in chain requests"},
        Strange{kRule, "10.0.0.200", "10.0.0.200\", \"extra\": \"",
                "rule 3 in chain requests"},
        Strange{kRule, "80", "{\"range\": [80, 81]}",
                "rule 3 in chain requests"},
        Strange{kRule, "80", "80.5", "rule 3 in chain requests"},
        Strange{kRule, "80", "-1", "rule 3 in chain requests"},
        Strange{kRule, "{\"dnat", "{\"snat", "rule 3 in chain requests"},
        Strange{kRule, "{\"counter\": {\"packets\": 7, \"bytes\": 420}},", "",
                "rule 3 in chain requests"},
        Strange{kRule, "{\"dnat\"", "{\"log\": null}, {\"dnat\"",
                "rule 3 in chain requests"},
        Strange{kRule, "\"requests\"", "\"mine\"", "rule 3 in chain mine"},
        Strange{R"({"set": {"family": "ip", "name": "s"}})", "ip", "ip",
                "set s"}));

TEST(ParseRulesetTest, ChangedDerivedRuleIsAnother) {
  const std::pair<const char*, const char*> changes[] = {
      {"8080", "{\"range\": [1, 8080]}"},
      {"16", "4"},
      {"[1, 8]", "[1]"},
      {"drop", "accept"},
      {"eth1", "eth2"},
      {"oifname", "iifname"},
  };
  for (const auto& [from, to] : changes) {
    const Ruleset ruleset = Parse({With(kGuard, from, to)});
    ASSERT_EQ(ruleset.derived.size(), 1u) << from;
    EXPECT_EQ(FindRule(ruleset, Guard()), nullptr) << from;
  }
}

TEST(ParseRulesetTest, RefusesWhatIsNoAnswer) {
  for (const char* text : {"", "[]", "{}", "{\"nftables\": 1}", "Error"}) {
    EXPECT_EQ(ParseRuleset(text).status().code(),
              absl::StatusCode::kInvalidArgument)
        << text;
  }
}

TEST(TableIsListedTest, KnowsTheTableByFamilyAndName) {
  const std::string other = With(kTable, "l275_dnat", "l275_dnat2");
  const std::string inet = With(kTable, "\"ip\"", "\"inet\"");
  EXPECT_TRUE(*TableIsListed(Answer({other, kTable})));
  EXPECT_FALSE(*TableIsListed(Answer({other, inet})));
}

// What a command adds, as libnftables would list it.
std::string AnswerAfter(const std::string& command) {
  Value steps;
  EXPECT_TRUE(JsonStringToMessage(command, &steps).ok()) << command;
  Value answer;
  auto* objects = (*answer.mutable_struct_value()->mutable_fields())["nftables"]
                      .mutable_list_value();
  for (const Value& step : Member(steps, "nftables").list_value().values()) {
    const Value& added = Member(step, "add");
    if (added.has_struct_value()) *objects->add_values() = added;
  }
  std::string json;
  EXPECT_TRUE(MessageToJsonString(answer, &json).ok());
  return json;
}

TEST(ReplaceCommandTest, WritesWhatIsRead) {
  for (const uint16_t mss : {0, 1360}) {
    const std::vector<NatRule> rules =
        Rules("tcp:10.0.0.200:80,tcp:10.0.0.200:443,tcp:10.0.0.201:0",
              "10.0.0.101:8080,10.0.0.101,10.0.0.101", mss);
    const Ruleset ruleset = *ParseRuleset(AnswerAfter(ReplaceCommand(rules)));
    EXPECT_THAT(ruleset.strangers, IsEmpty());
    ASSERT_EQ(ruleset.services.size(), 3u);
    for (size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(ruleset.services[i].rule.ToString(), rules[i].ToString());
    }
    const std::vector<TableRule> derived = DerivedRules(rules);
    ASSERT_EQ(ruleset.derived.size(), derived.size());
    for (size_t i = 0; i < derived.size(); ++i) {
      EXPECT_TRUE(IsSame(ruleset.derived[i], derived[i])) << derived[i].words;
    }
  }
}

TEST(ReplaceCommandTest, WritesNoNames) {
  // Names that libnftables would read from /etc/protocols or /etc/services.
  const std::string command =
      ReplaceCommand(Rules("tcp:10.0.0.201:0", "10.0.0.101", 1360));
  EXPECT_EQ(command.find("\"tcp\"}"), std::string::npos) << command;
}

}  // namespace
}  // namespace l275
