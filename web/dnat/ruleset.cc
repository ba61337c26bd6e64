#include "web/dnat/ruleset.h"

#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/message_differencer.h>

#include <array>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/substitute.h"
#include "common/status_util.h"
#include "web/dnat/json_path.h"

namespace l275 {
namespace {

using ::google::protobuf::ListValue;
using ::google::protobuf::Value;
using ::google::protobuf::util::JsonStringToMessage;
using ::google::protobuf::util::MessageDifferencer;

constexpr char kRequests[] = "requests";
constexpr char kAnswers[] = "answers";

constexpr char kTable[] = R"({"table": {"family": "ip", "name": "l275_dnat"}})";

// Priorities: dstnat is -100, filter is 0 (nft(8)).
constexpr std::array<const char*, 2> kChains = {
    R"({"chain": {"family": "ip", "table": "l275_dnat", "name": "requests",
        "type": "nat", "hook": "prerouting", "prio": -100,
        "policy": "accept"}})",
    R"({"chain": {"family": "ip", "table": "l275_dnat", "name": "answers",
        "type": "filter", "hook": "postrouting", "prio": 0,
        "policy": "accept"}})"};

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
bool IsAsMade(const Value& object, const char* made_json) {
  Value made;
  if (!JsonStringToMessage(made_json, &made).ok()) return false;
  Value bare = object;
  for (auto& kind : *bare.mutable_struct_value()->mutable_fields()) {
    kind.second.mutable_struct_value()->mutable_fields()->erase("handle");
  }
  return MessageDifferencer::Equals(made, bare);
}

bool IsOwnChain(const Value& object) {
  return IsAsMade(object, kChains[0]) || IsAsMade(object, kChains[1]);
}

bool ReadRule(const Value& rule, Ruleset* ruleset) {
  const std::string& chain = Member(rule, "chain").string_value();
  const Value& expression = Member(rule, "expr");
  if (chain == kRequests) {
    auto read = ReadNatRule(expression);
    if (!read.has_value()) return false;
    ruleset->rules.push_back(*std::move(read));
    return true;
  }
  if (chain == kAnswers) {
    auto read = ReadAnswerGuard(expression);
    if (!read.has_value()) return false;
    ruleset->guards.push_back(*std::move(read));
    return true;
  }
  return false;
}

bool ReadObject(const std::string& kind, const Value& object,
                Ruleset* ruleset) {
  if (kind == "metainfo") return true;
  if (kind == "table") return IsAsMade(object, kTable);
  if (kind == "chain") return IsOwnChain(object);
  if (kind == "rule") return ReadRule(Member(object, kind), ruleset);
  return false;
}

std::string Describe(const std::string& kind, const Value& content) {
  if (kind == "table") return "a flag or another setting of the table";
  if (kind == "rule") {
    return absl::StrCat("rule ", ReadCount(Member(content, "handle")),
                        " in chain ", Member(content, "chain").string_value());
  }
  return absl::StrCat(kind, " ", Member(content, "name").string_value());
}

}  // namespace

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
  Ruleset ruleset;
  ruleset.installed = true;
  for (const Value& object : objects.values()) {
    for (const auto& [kind, content] : object.struct_value().fields()) {
      if (ReadObject(kind, object, &ruleset)) continue;
      ruleset.strangers.push_back(Describe(kind, content));
    }
  }
  return ruleset;
}

std::string ReplaceCommand(const std::vector<NatRule>& rules) {
  std::vector<std::string> steps = RemoveSteps();
  steps.push_back(Step("add", kTable));
  for (const char* chain : kChains) steps.push_back(Step("add", chain));
  for (const NatRule& rule : rules) {
    steps.push_back(AddRule(kRequests, ToExpression(rule)));
  }
  for (const AnswerGuard& guard : GuardsOf(rules)) {
    steps.push_back(AddRule(kAnswers, ToExpression(guard)));
  }
  return Command(steps);
}

std::string RemoveCommand() { return Command(RemoveSteps()); }

}  // namespace l275
