#include "web/dnat/differences.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"

namespace l275 {
namespace {

using Lines = std::vector<std::string>;

template <typename Rule>
std::vector<Rule> WithoutCounters(const std::vector<Counted<Rule>>& counted) {
  std::vector<Rule> rules;
  rules.reserve(counted.size());
  for (const Counted<Rule>& entry : counted) rules.push_back(entry.rule);
  return rules;
}

// The first of the rules for a service: the one that packets meet.
const NatRule* Find(const std::vector<NatRule>& rules,
                    const ServiceAddress& service) {
  const auto found = std::find_if(
      rules.begin(), rules.end(),
      [&](const NatRule& rule) { return rule.service == service; });
  return found == rules.end() ? nullptr : &*found;
}

void CompareAsked(const std::vector<NatRule>& asked,
                  const std::vector<NatRule>& installed, Lines* lines) {
  for (const NatRule& rule : asked) {
    const NatRule* found = Find(installed, rule.service);
    if (found == nullptr) {
      lines->push_back(absl::StrCat("missing: ", rule.ToString()));
    } else if (*found != rule) {
      lines->push_back(absl::StrCat("different: ", found->ToString(),
                                    " is installed, asked was ",
                                    rule.ToString()));
    }
  }
}

void CompareInstalled(const std::vector<NatRule>& asked,
                      const std::vector<NatRule>& installed, Lines* lines) {
  for (const NatRule& rule : installed) {
    if (Find(asked, rule.service) == nullptr) {
      lines->push_back(absl::StrCat("not asked for: ", rule.ToString()));
    } else if (Find(installed, rule.service) != &rule) {
      lines->push_back(absl::StrCat("installed again: ", rule.ToString()));
    }
  }
}

// Once the same rules are installed, they can still stand in another order.
void CompareOrder(const std::vector<NatRule>& asked,
                  const std::vector<NatRule>& installed, Lines* lines) {
  if (!lines->empty()) return;
  const auto moved =
      std::mismatch(asked.begin(), asked.end(), installed.begin());
  if (moved.first == asked.end()) return;
  lines->push_back(absl::StrCat("out of order: ", moved.second->ToString(),
                                " comes before ", moved.first->ToString()));
}

// A guard comes and goes with its rules. A difference is only what their
// differences do not say already.
void CompareGuards(const std::vector<NatRule>& asked,
                   const std::vector<NatRule>& installed,
                   const std::vector<AnswerGuard>& installed_guards,
                   Lines* lines) {
  const std::vector<AnswerGuard> expected = GuardsOf(installed);
  const std::vector<AnswerGuard> wanted = GuardsOf(asked);
  std::set<AnswerGuard> seen;
  for (const AnswerGuard& guard : installed_guards) {
    const bool known =
        std::binary_search(expected.begin(), expected.end(), guard) ||
        std::binary_search(wanted.begin(), wanted.end(), guard);
    const char* what = known ? "installed again" : "not asked for";
    if (known && seen.insert(guard).second) continue;
    lines->push_back(
        absl::StrCat(what, ": the guard of answers from ", guard.ToString()));
  }
  for (const AnswerGuard& guard : wanted) {
    if (seen.count(guard) > 0) continue;
    if (!std::binary_search(expected.begin(), expected.end(), guard)) continue;
    lines->push_back(
        absl::StrCat("missing: the guard of answers from ", guard.ToString()));
  }
}

}  // namespace

std::vector<std::string> Differences(const std::vector<NatRule>& asked,
                                     const Ruleset& installed) {
  const std::vector<NatRule> rules = WithoutCounters(installed.rules);
  Lines lines;
  CompareAsked(asked, rules, &lines);
  CompareInstalled(asked, rules, &lines);
  CompareOrder(asked, rules, &lines);
  CompareGuards(asked, rules, WithoutCounters(installed.guards), &lines);
  for (const std::string& stranger : installed.strangers) {
    lines.push_back(absl::StrCat("not made by dnat: ", stranger));
  }
  return lines;
}

}  // namespace l275
