#include "web/dnat/differences.h"

#include <algorithm>
#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "web/dnat/table_rules.h"

namespace l275 {
namespace {

using Lines = std::vector<std::string>;

std::vector<NatRule> RulesOf(const Ruleset& installed) {
  std::vector<NatRule> rules;
  rules.reserve(installed.services.size());
  for (const InstalledService& entry : installed.services) {
    rules.push_back(entry.rule);
  }
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

bool Contains(const std::vector<TableRule>& rules,
              const InstalledRule& installed) {
  return std::any_of(rules.begin(), rules.end(), [&](const TableRule& rule) {
    return IsSame(installed, rule);
  });
}

// Rules that no service explains, neither an installed one nor one that was
// asked for.
void FindUnknown(const std::vector<TableRule>& wanted,
                 const std::vector<TableRule>& expected,
                 const Ruleset& installed, Lines* lines) {
  for (const InstalledRule& rule : installed.derived) {
    if (Contains(wanted, rule) || Contains(expected, rule)) continue;
    lines->push_back(absl::StrCat("not made by dnat: ", Describe(rule)));
  }
}

void FindMissingAndRepeated(const std::vector<TableRule>& wanted,
                            const std::vector<TableRule>& expected,
                            const Ruleset& installed, Lines* lines) {
  const std::vector<InstalledRule>& derived = installed.derived;
  for (const TableRule& rule : wanted) {
    const auto times = std::count_if(
        derived.begin(), derived.end(),
        [&](const InstalledRule& found) { return IsSame(found, rule); });
    if (times > 1) {
      lines->push_back(absl::StrCat("installed again: ", rule.words));
    }
    // Where its service is missing too, that has been said.
    const bool is_expected = std::any_of(
        expected.begin(), expected.end(), [&](const TableRule& other) {
          return other.chain == rule.chain &&
                 other.expression == rule.expression;
        });
    if (times == 0 && is_expected) {
      lines->push_back(absl::StrCat("missing: ", rule.words));
    }
  }
}

// Each installed rule is one of those wanted by now, but those of one chain can
// still stand in another order.
void CompareDerivedOrder(const std::vector<TableRule>& wanted,
                         const Ruleset& installed, Lines* lines) {
  if (!lines->empty()) return;
  std::map<std::string, std::vector<const InstalledRule*>> chains;
  for (const InstalledRule& rule : installed.derived) {
    chains[rule.chain].push_back(&rule);
  }
  std::map<std::string, size_t> positions;
  for (const TableRule& rule : wanted) {
    const InstalledRule* found = chains[rule.chain].at(positions[rule.chain]++);
    if (IsSame(*found, rule)) continue;
    lines->push_back(absl::StrCat("out of order: ", rule.words));
    return;
  }
}

// Derived rules come and go with their services. A difference is only what the
// services' differences do not say already.
void CompareDerived(const std::vector<NatRule>& asked, const Ruleset& installed,
                    Lines* lines) {
  const std::vector<TableRule> wanted = DerivedRules(asked);
  const std::vector<TableRule> expected = DerivedRules(RulesOf(installed));
  FindUnknown(wanted, expected, installed, lines);
  FindMissingAndRepeated(wanted, expected, installed, lines);
  CompareDerivedOrder(wanted, installed, lines);
}

}  // namespace

std::vector<std::string> Differences(const std::vector<NatRule>& asked,
                                     const Ruleset& installed) {
  const std::vector<NatRule> rules = RulesOf(installed);
  Lines lines;
  CompareAsked(asked, rules, &lines);
  CompareInstalled(asked, rules, &lines);
  CompareOrder(asked, rules, &lines);
  CompareDerived(asked, installed, &lines);
  for (const std::string& stranger : installed.strangers) {
    lines.push_back(absl::StrCat("not made by dnat: ", stranger));
  }
  return lines;
}

}  // namespace l275
