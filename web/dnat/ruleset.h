#ifndef L275_WEB_DNAT_RULESET_H_
#define L275_WEB_DNAT_RULESET_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "web/dnat/nat_rule.h"
#include "web/dnat/rule_expression.h"
#include "web/dnat/table_rules.h"

namespace l275 {

// Everything that dnat installs lives in a table of its own:
//
//   table ip l275_dnat {
//     chain requests {
//       type nat hook prerouting priority dstnat; policy accept;
//       iifname "eth1" ip daddr 10.0.0.200 tcp dport 80 counter
//           dnat to 10.0.0.101:8080
//     }
//     ...
//   }
//
// table_rules.h has the other chains; docs/dnat.md shows all of it. Only chains
// that have rules are made.
inline constexpr char kTableName[] = "l275_dnat";

// A rule in one of the chains for derived rules, as it is installed.
struct InstalledRule {
  std::string chain;
  std::string expression;  // CanonicalText() with the counter at 0
  RuleCounter counter;
  uint64_t handle = 0;
};

// A service's rule in the chain `requests`, as it is installed.
struct InstalledService {
  NatRule rule;  // with the MSS that the chain `request_mss` has
  RuleCounter counter;
};

// The table as it is installed.
struct Ruleset {
  bool installed = false;
  std::vector<InstalledService>
      services;  // in the order that packets meet them
  std::vector<InstalledRule> derived;
  // What else is in the table, a phrase each: "rule 7 in chain requests".
  std::vector<std::string> strangers;
};

// The installed rule that is `rule`; null when there is none.
const InstalledRule* FindRule(const Ruleset& installed, const TableRule& rule);
bool IsSame(const InstalledRule& installed, const TableRule& rule);
// "rule 7 in chain answers"
std::string Describe(const InstalledRule& rule);

// The commands below and their answers are in the JSON of libnftables
// (libnftables-json(5)). libnftables runs each as one transaction: the kernel
// takes all of it or nothing.

// Lists the names of the IPv4 tables.
std::string ListTablesCommand();
absl::StatusOr<bool> TableIsListed(absl::string_view answer);

// Lists the table, which has to be there.
std::string ListTableCommand();
// The answer to it. InvalidArgument when it is no such answer.
absl::StatusOr<Ruleset> ParseRuleset(absl::string_view answer);

// Makes the table hold these rules, their derived rules and nothing else,
// whether it is there or not.
std::string ReplaceCommand(const std::vector<NatRule>& rules);

// Removes the table, whether it is there or not.
std::string RemoveCommand();

}  // namespace l275

#endif  // L275_WEB_DNAT_RULESET_H_
