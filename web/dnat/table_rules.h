#ifndef L275_WEB_DNAT_TABLE_RULES_H_
#define L275_WEB_DNAT_TABLE_RULES_H_

#include <string>
#include <vector>

#include "web/dnat/nat_rule.h"

namespace l275 {

// The chains of dnat's table, see ruleset.h.
inline constexpr char kRequests[] = "requests";
inline constexpr char kOwnRequests[] = "own_requests";
inline constexpr char kStrayRequests[] = "stray_requests";
inline constexpr char kLateAnswers[] = "answers";
inline constexpr char kRequestMss[] = "request_mss";
inline constexpr char kAnswerMss[] = "answer_mss";

// A rule in a chain of the table.
struct TableRule {
  std::string chain;
  std::string expression;  // JSON, see rule_expression.h
  std::string words;       // for people: "the rule that ..."
};

// The rules that the services need beside those in kRequests, each once, chain
// by chain in the order that packets must meet them:
//
// kOwnRequests: a connection of this host to the VIP goes to its own service.
// Sent to the load balancer it would come back when this server is picked, with
// a source address of this host's own, and be dropped.
//
// kStrayRequests: a packet for the VIP that was not translated (connection
// tracking calls it invalid, or no service has its port) is not forwarded. A
// host with ip_forward=1 would send it back to the owner of the VIP, that is to
// the load balancer, and again and again until its TTL ends.
//
// kLateAnswers: an answer that would leave with the wrong source is dropped.
// Connection tracking turns the source of an answer back into the VIP as long
// as it knows the connection. When it lost it (timed out, flushed) the answer
// would leave with the local address; the client knows no such connection and
// would reset it. So a segment with ACK from a service's local address and port
// that belongs to no known connection is dropped. It is sent again once the
// client's next segment has made the connection known again. A service on all
// ports has no such rule: nothing tells its answers from the segments of the
// host's own connections.
//
// kRequestMss, kAnswerMss: the MSS in the SYN and in the SYN-ACK is lowered,
// for services with a limit. So both sides send no segment that is larger.
std::vector<TableRule> DerivedRules(const std::vector<NatRule>& rules);

}  // namespace l275

#endif  // L275_WEB_DNAT_TABLE_RULES_H_
