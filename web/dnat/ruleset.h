#ifndef L275_WEB_DNAT_RULESET_H_
#define L275_WEB_DNAT_RULESET_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "web/dnat/answer_guard.h"
#include "web/dnat/nat_rule.h"
#include "web/dnat/rule_expression.h"

namespace l275 {

// Everything that dnat installs lives in a table of its own:
//
//   table ip l275_dnat {
//     chain requests {
//       type nat hook prerouting priority dstnat; policy accept;
//       iifname "eth1" ip daddr 10.0.0.200 tcp dport 80 counter
//           dnat to 10.0.0.101:8080
//     }
//     chain answers {
//       type filter hook postrouting priority filter; policy accept;
//       oifname "eth1" ip saddr 10.0.0.101 tcp sport 8080 tcp flags ack
//           ct state invalid,new counter drop
//     }
//   }
inline constexpr char kTableName[] = "l275_dnat";

// The table as it is installed.
struct Ruleset {
  bool installed = false;
  std::vector<Counted<NatRule>> rules;  // in the order that packets meet them
  std::vector<Counted<AnswerGuard>> guards;
  // What else is in the table, a phrase each: "rule 7 in chain requests".
  std::vector<std::string> strangers;
};

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

// Makes the table hold these rules and their guards and nothing else, whether
// it is there or not.
std::string ReplaceCommand(const std::vector<NatRule>& rules);

// Removes the table, whether it is there or not.
std::string RemoveCommand();

}  // namespace l275

#endif  // L275_WEB_DNAT_RULESET_H_
