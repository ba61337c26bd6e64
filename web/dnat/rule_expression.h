#ifndef L275_WEB_DNAT_RULE_EXPRESSION_H_
#define L275_WEB_DNAT_RULE_EXPRESSION_H_

#include <google/protobuf/struct.pb.h>

#include <cstdint>
#include <optional>
#include <string>

#include "common/net/service_address.h"
#include "web/dnat/nat_rule.h"

namespace l275 {

// The counter of a rule in the kernel.
struct RuleCounter {
  uint64_t packets = 0;
  uint64_t bytes = 0;
};

// The "expr" of rules in the JSON of libnftables (libnftables-json(5)), just as
// libnftables lists them (see Nft), with counters at 0. table_rules.h says what
// each rule is for.
//
// Protocols, flags and states are numbers: libnftables writes names only where
// files like /etc/protocols have them.
std::string RequestExpression(const NatRule& rule);
std::string OwnRequestExpression(const NatRule& rule);
std::string LateAnswerExpression(const NatRule& rule);
std::string StrayRequestExpression(const NatRule& rule);
std::string RequestMssExpression(const NatRule& rule);
std::string AnswerMssExpression(const NatRule& rule);

// Sets the counter in an installed rule's "expr" to 0, and returns what it was.
RuleCounter TakeCounter(google::protobuf::Value* expression);

// Back from an installed rule's "expr", after TakeCounter(). None when it is
// anything but what RequestExpression() writes. The MSS is not in there.
std::optional<NatRule> ReadRequest(const google::protobuf::Value& expression);

struct MssLimit {
  ServiceAddress service;
  uint16_t mss = 0;
};

// The same of RequestMssExpression().
std::optional<MssLimit> ReadRequestMss(
    const google::protobuf::Value& expression);

}  // namespace l275

#endif  // L275_WEB_DNAT_RULE_EXPRESSION_H_
