#ifndef L275_WEB_DNAT_RULE_EXPRESSION_H_
#define L275_WEB_DNAT_RULE_EXPRESSION_H_

#include <google/protobuf/struct.pb.h>

#include <cstdint>
#include <optional>
#include <string>

#include "web/dnat/answer_guard.h"
#include "web/dnat/nat_rule.h"

namespace l275 {

// The counter of a rule in the kernel.
struct RuleCounter {
  uint64_t packets = 0;
  uint64_t bytes = 0;
};

// A rule as it is installed: what it is, and what it counted.
template <typename Rule>
struct Counted {
  Rule rule;
  RuleCounter counter;
};

// The "expr" of a rule in the JSON of libnftables (libnftables-json(5)),
// written just as libnftables lists it, so that what is wanted and what is
// installed can be compared.
std::string ToExpression(const NatRule& rule, const RuleCounter& counter = {});
std::string ToExpression(const AnswerGuard& guard,
                         const RuleCounter& counter = {});

// Back from an installed rule's "expr". None when it is anything but what
// ToExpression() writes.
std::optional<Counted<NatRule>> ReadNatRule(
    const google::protobuf::Value& expression);
std::optional<Counted<AnswerGuard>> ReadAnswerGuard(
    const google::protobuf::Value& expression);

}  // namespace l275

#endif  // L275_WEB_DNAT_RULE_EXPRESSION_H_
