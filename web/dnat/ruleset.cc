#include "web/dnat/ruleset.h"

#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/message_differencer.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/substitute.h"
#include "common/os/status_util.h"
#include "glog/logging.h"
#include "web/dnat/json_path.h"

namespace l275 {
namespace {

using ::google::protobuf::ListValue;
using ::google::protobuf::Value;
using ::google::protobuf::util::JsonStringToMessage;
using ::google::protobuf::util::MessageDifferencer;

constexpr char kTable[] = R"({"table": {"family": "ip", "name": "l275_dnat"}})";

struct Chain {
  const char* name;
  const char* type;
  const char* hook;
  // See nft(8): mangle is -150, dstnat -100, filter 0, srcnat 100. Answers have
  // the VIP as their source after srcnat.
  int priority;
};

constexpr Chain kChains[] = {
    {kRequests, "nat", "prerouting", -100},
    {kOwnRequests, "nat", "output", -100},
    {kStrayRequests, "filter", "forward", 0},
    {kLateAnswers, "filter", "postrouting", 0},
    {kRequestMss, "filter", "prerouting", -150},
    {kAnswerMss, "filter", "postrouting", 110},
};

std::string ToJson(const Chain& chain) {
  constexpr char kChain[] =
      R"({"chain": {"family": "ip", "table": "l275_dnat", "name": "$0",
                    "type": "$1", "hook": "$2", "prio": $3,
                    "policy": "accept"}})";
  return absl::Substitute(kChain, chain.name, chain.type, chain.hook,
                          chain.priority);
}

std::string Command(const std::vector<std::string>& steps) {
  return absl::StrCat(R"({"nftables": [)", absl::StrJoin(steps, ","), "]}");
}

std::string Step(absl::string_view verb, absl::string_view object) {
  return absl::Substitute(R"({"$0": $1})", verb, object);
}

std::string AddRule(absl::string_view chain, absl::string_view expression) {
  constexpr char kRule[] = R"({"rule": {"family": "ip", "table": "l275_dnat",
                                        "chain": "$0", "expr": $1}})";
  return Step("add", absl::Substitute(kRule, chain, expression));
}

// Deleting what may not be there fails; what was just added is there.
std::vector<std::string> RemoveSteps() {
  return {Step("add", kTable), Step("delete", kTable)};
}

absl::StatusOr<ListValue> ParseAnswer(absl::string_view answer) {
  Value document;
  const auto status = JsonStringToMessage(std::string(answer), &document);
  const Value& objects = Member(document, "nftables");
  if (!status.ok() || !objects.has_list_value()) {
    return absl::InvalidArgumentError(
        "libnftables answered with something other than its JSON");
  }
  return objects.list_value();
}

// Equal but for the handle, which the kernel gives.
bool IsAsMade(const Value& object, const std::string& made_json) {
  Value made;
  if (!JsonStringToMessage(made_json, &made).ok()) return false;
  Value bare = object;
  for (auto& kind : *bare.mutable_struct_value()->mutable_fields()) {
    kind.second.mutable_struct_value()->mutable_fields()->erase("handle");
  }
  return MessageDifferencer::Equals(made, bare);
}

bool IsOwnChain(const Value& object) {
  return std::any_of(
      std::begin(kChains), std::end(kChains),
      [&](const Chain& chain) { return IsAsMade(object, ToJson(chain)); });
}

bool IsDerivedChain(const std::string& name) {
  return std::any_of(std::begin(kChains), std::end(kChains),
                     [&](const Chain& chain) {
                       return name == chain.name && name != kRequests;
                     });
}

// What has been read of the table so far.
struct Reading {
  Ruleset ruleset;
  std::vector<MssLimit> limits;
};

bool ReadRule(const Value& rule, Reading* reading) {
  const std::string& chain = Member(rule, "chain").string_value();
  Value expression = Member(rule, "expr");
  const RuleCounter counter = TakeCounter(&expression);
  if (chain == kRequests) {
    std::optional<NatRule> read = ReadRequest(expression);
    if (!read.has_value()) return false;
    reading->ruleset.services.push_back({*std::move(read), counter});
    return true;
  }
  if (!IsDerivedChain(chain)) return false;
  if (chain == kRequestMss) {
    const std::optional<MssLimit> limit = ReadRequestMss(expression);
    if (limit.has_value()) reading->limits.push_back(*limit);
  }
  reading->ruleset.derived.push_back({chain, CanonicalText(expression), counter,
                                      ReadCount(Member(rule, "handle"))});
  return true;
}

bool ReadObject(const std::string& kind, const Value& object,
                Reading* reading) {
  if (kind == "metainfo") return true;
  if (kind == "table") return IsAsMade(object, kTable);
  if (kind == "chain") return IsOwnChain(object);
  if (kind == "rule") return ReadRule(Member(object, kind), reading);
  return false;
}

void SetLimits(const std::vector<MssLimit>& limits, Ruleset* ruleset) {
  for (InstalledService& service : ruleset->services) {
    for (const MssLimit& limit : limits) {
      if (limit.service == service.rule.service) service.rule.mss = limit.mss;
    }
  }
}

std::string DescribeRule(uint64_t handle, const std::string& chain) {
  return absl::StrCat("rule ", handle, " in chain ", chain);
}

std::string Describe(const std::string& kind, const Value& content) {
  if (kind == "table") return "a flag or another setting of the table";
  if (kind == "rule") {
    return DescribeRule(ReadCount(Member(content, "handle")),
                        Member(content, "chain").string_value());
  }
  return absl::StrCat(kind, " ", Member(content, "name").string_value());
}

// The text that an installed rule with this expression has.
std::string CanonicalTextOf(const std::string& expression) {
  Value value;
  CHECK(JsonStringToMessage(expression, &value).ok()) << expression;
  return CanonicalText(value);
}

// The chains that have rules, each once.
std::vector<std::string> ChainSteps(const std::vector<TableRule>& rules) {
  std::vector<std::string> steps;
  for (const Chain& chain : kChains) {
    const auto is_in = [&](const TableRule& rule) {
      return rule.chain == chain.name;
    };
    if (std::any_of(rules.begin(), rules.end(), is_in)) {
      steps.push_back(Step("add", ToJson(chain)));
    }
  }
  return steps;
}

}  // namespace

bool IsSame(const InstalledRule& installed, const TableRule& rule) {
  return installed.chain == rule.chain &&
         installed.expression == CanonicalTextOf(rule.expression);
}

const InstalledRule* FindRule(const Ruleset& installed, const TableRule& rule) {
  for (const InstalledRule& candidate : installed.derived) {
    if (IsSame(candidate, rule)) return &candidate;
  }
  return nullptr;
}

std::string Describe(const InstalledRule& rule) {
  return DescribeRule(rule.handle, rule.chain);
}

std::string ListTablesCommand() {
  return Command({Step("list", R"({"tables": {"family": "ip"}})")});
}

absl::StatusOr<bool> TableIsListed(absl::string_view answer) {
  L275_ASSIGN_OR_RETURN(const ListValue objects, ParseAnswer(answer));
  for (const Value& object : objects.values()) {
    const Value& table = Member(object, "table");
    if (Member(table, "family").string_value() == "ip" &&
        Member(table, "name").string_value() == kTableName) {
      return true;
    }
  }
  return false;
}

std::string ListTableCommand() { return Command({Step("list", kTable)}); }

absl::StatusOr<Ruleset> ParseRuleset(absl::string_view answer) {
  L275_ASSIGN_OR_RETURN(const ListValue objects, ParseAnswer(answer));
  Reading reading;
  reading.ruleset.installed = true;
  for (const Value& object : objects.values()) {
    for (const auto& [kind, content] : object.struct_value().fields()) {
      if (ReadObject(kind, object, &reading)) continue;
      reading.ruleset.strangers.push_back(Describe(kind, content));
    }
  }
  SetLimits(reading.limits, &reading.ruleset);
  return std::move(reading.ruleset);
}

std::string ReplaceCommand(const std::vector<NatRule>& rules) {
  std::vector<TableRule> all;
  all.reserve(rules.size());
  for (const NatRule& rule : rules) {
    all.push_back({kRequests, RequestExpression(rule), rule.ToString()});
  }
  for (TableRule& rule : DerivedRules(rules)) all.push_back(std::move(rule));
  std::vector<std::string> steps = RemoveSteps();
  steps.push_back(Step("add", kTable));
  for (std::string& step : ChainSteps(all)) steps.push_back(std::move(step));
  for (const TableRule& rule : all) {
    steps.push_back(AddRule(rule.chain, rule.expression));
  }
  return Command(steps);
}

std::string RemoveCommand() { return Command(RemoveSteps()); }

}  // namespace l275
