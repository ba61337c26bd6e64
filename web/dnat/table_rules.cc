#include "web/dnat/table_rules.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "web/dnat/rule_expression.h"

namespace l275 {
namespace {

TableRule OwnRequest(const NatRule& rule) {
  return {kOwnRequests, OwnRequestExpression(rule),
          absl::StrCat("the rule for this host's own connections to ",
                       rule.service.ToString())};
}

TableRule StrayRequest(const NatRule& rule) {
  return {kStrayRequests, StrayRequestExpression(rule),
          absl::StrCat("the rule that forwards no packets for ",
                       rule.service.vip.ToString(), " from ", rule.interface)};
}

TableRule LateAnswer(const NatRule& rule) {
  return {kLateAnswers, LateAnswerExpression(rule),
          absl::StrCat("the guard of answers from ", rule.LocalToString(),
                       " on ", rule.interface)};
}

TableRule RequestMss(const NatRule& rule) {
  return {kRequestMss, RequestMssExpression(rule),
          absl::StrCat("the MSS limit of requests to ", rule.service.ToString(),
                       ", ", rule.mss)};
}

TableRule AnswerMss(const NatRule& rule) {
  return {kAnswerMss, AnswerMssExpression(rule),
          absl::StrCat("the MSS limit of answers from ",
                       rule.service.ToString(), ", ", rule.mss)};
}

// Rules in the order of the services, without those that are there already.
class RuleList {
 public:
  void Add(TableRule rule) {
    if (!known_.insert(rule.chain + rule.expression).second) return;
    rules_.push_back(std::move(rule));
  }
  std::vector<TableRule> Take() { return std::move(rules_); }

 private:
  std::set<std::string> known_;
  std::vector<TableRule> rules_;
};

}  // namespace

std::vector<TableRule> DerivedRules(const std::vector<NatRule>& rules) {
  RuleList list;
  for (const NatRule& rule : rules) list.Add(OwnRequest(rule));
  for (const NatRule& rule : rules) list.Add(StrayRequest(rule));
  for (const NatRule& rule : rules) {
    if (rule.local_port != 0) list.Add(LateAnswer(rule));
  }
  for (const NatRule& rule : rules) {
    if (rule.mss != 0) list.Add(RequestMss(rule));
  }
  for (const NatRule& rule : rules) {
    if (rule.mss != 0) list.Add(AnswerMss(rule));
  }
  return list.Take();
}

}  // namespace l275
