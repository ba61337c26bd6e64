#include "web/dnat/rule_expression.h"

#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/message_differencer.h>
#include <netinet/in.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "web/dnat/json_path.h"

namespace l275 {
namespace {

using ::google::protobuf::Value;
using ::google::protobuf::util::JsonStringToMessage;
using ::google::protobuf::util::MessageDifferencer;

// nft: iifname $0 ip daddr $1
constexpr char kRequest[] = R"(
  {"match": {"op": "==", "left": {"meta": {"key": "iifname"}}, "right": "$0"}},
  {"match": {"op": "==",
             "left": {"payload": {"protocol": "ip", "field": "daddr"}},
             "right": "$1"}})";

// nft: tcp dport $0
constexpr char kPort[] = R"(
  {"match": {"op": "==",
             "left": {"payload": {"protocol": "tcp", "field": "dport"}},
             "right": $0}})";

// nft: meta l4proto tcp
constexpr char kAllPorts[] = R"(
  {"match": {"op": "==", "left": {"meta": {"key": "l4proto"}},
             "right": "tcp"}})";

constexpr char kCounter[] = R"(
  {"counter": {"packets": $0, "bytes": $1}})";

// nft: oifname $0 ip saddr $1 tcp sport $2 tcp flags ack ct state invalid,new
constexpr char kAnswerOfNoConnection[] = R"(
  {"match": {"op": "==", "left": {"meta": {"key": "oifname"}}, "right": "$0"}},
  {"match": {"op": "==",
             "left": {"payload": {"protocol": "ip", "field": "saddr"}},
             "right": "$1"}},
  {"match": {"op": "==",
             "left": {"payload": {"protocol": "tcp", "field": "sport"}},
             "right": $2}},
  {"match": {"op": "in",
             "left": {"payload": {"protocol": "tcp", "field": "flags"}},
             "right": "ack"}},
  {"match": {"op": "in", "left": {"ct": {"key": "state"}},
             "right": ["invalid", "new"]}})";

std::string PortMatch(uint16_t port) {
  return port == 0 ? kAllPorts : absl::Substitute(kPort, port);
}

std::string Count(const RuleCounter& counter) {
  return absl::Substitute(kCounter, counter.packets, counter.bytes);
}

std::string Translation(const NatRule& rule) {
  const std::string local = rule.local.ToString();
  if (rule.local_port == rule.service.port) {
    return absl::Substitute(R"({"dnat": {"addr": "$0"}})", local);
  }
  return absl::Substitute(R"({"dnat": {"addr": "$0", "port": $1}})", local,
                          rule.local_port);
}

// Whether `expression` is what ToExpression() writes for the rule that was read
// from it, nothing more and nothing else.
template <typename Rule>
bool IsExactly(const Counted<Rule>& read, const Value& expression) {
  Value written;
  const std::string json = ToExpression(read.rule, read.counter);
  return JsonStringToMessage(json, &written).ok() &&
         MessageDifferencer::Equals(written, expression);
}

// The right side of the match at `index`.
const Value& Operand(const Value& expression, int index) {
  return Member(Member(Element(expression, index), "match"), "right");
}

Ipv4Address ReadAddress(const Value& value) {
  return Ipv4Address::Parse(value.string_value()).value_or(Ipv4Address());
}

uint16_t ReadPort(const Value& value) {
  const double port = value.number_value();
  return port >= 0 && port <= 65535 ? static_cast<uint16_t>(port) : 0;
}

RuleCounter ReadCounter(const Value& statement) {
  const Value& counter = Member(statement, "counter");
  RuleCounter result;
  result.packets = ReadCount(Member(counter, "packets"));
  result.bytes = ReadCount(Member(counter, "bytes"));
  return result;
}

}  // namespace

std::string ToExpression(const NatRule& rule, const RuleCounter& counter) {
  return absl::StrCat(
      "[",
      absl::Substitute(kRequest, rule.interface, rule.service.vip.ToString()),
      ",", PortMatch(rule.service.port), ",", Count(counter), ",",
      Translation(rule), "]");
}

std::string ToExpression(const AnswerGuard& guard, const RuleCounter& counter) {
  return absl::StrCat("[",
                      absl::Substitute(kAnswerOfNoConnection, guard.interface,
                                       guard.local.ToString(), guard.port),
                      ",", Count(counter), R"(,{"drop": null}])");
}

std::optional<Counted<NatRule>> ReadNatRule(const Value& expression) {
  const Value& translation = Member(Element(expression, 4), "dnat");
  ServiceAddress service;
  service.protocol = IPPROTO_TCP;
  service.vip = ReadAddress(Operand(expression, 1));
  service.port = ReadPort(Operand(expression, 2));

  Counted<NatRule> read;
  read.rule.service = service;
  read.rule.local = ReadAddress(Member(translation, "addr"));
  const uint16_t port = ReadPort(Member(translation, "port"));
  read.rule.local_port = port != 0 ? port : service.port;
  read.rule.interface = Operand(expression, 0).string_value();
  read.counter = ReadCounter(Element(expression, 3));
  if (!IsExactly(read, expression)) return std::nullopt;
  return read;
}

std::optional<Counted<AnswerGuard>> ReadAnswerGuard(const Value& expression) {
  Counted<AnswerGuard> read;
  read.rule.interface = Operand(expression, 0).string_value();
  read.rule.local = ReadAddress(Operand(expression, 1));
  read.rule.port = ReadPort(Operand(expression, 2));
  read.counter = ReadCounter(Element(expression, 5));
  if (!IsExactly(read, expression)) return std::nullopt;
  return read;
}

}  // namespace l275
