#include "web/dnat/rule_expression.h"

#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/message_differencer.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/substitute.h"
#include "glog/logging.h"
#include "web/dnat/json_path.h"

namespace l275 {
namespace {

using ::google::protobuf::Value;
using ::google::protobuf::util::JsonStringToMessage;
using ::google::protobuf::util::MessageDifferencer;

template <typename... Parts>
std::string Expression(const Parts&... parts) {
  return absl::StrCat("[", absl::StrJoin({std::string(parts)...}, ","), "]");
}

constexpr char kCounter[] = R"({"counter": {"packets": 0, "bytes": 0}})";
constexpr char kDrop[] = R"({"drop": null})";

template <typename Operand>
std::string Match(absl::string_view op, absl::string_view left,
                  const Operand& right) {
  constexpr char kMatch[] =
      R"({"match": {"op": "$0", "left": $1, "right": $2}})";
  return absl::Substitute(kMatch, op, left, right);
}

std::string Quoted(absl::string_view text) {
  return absl::StrCat("\"", text, "\"");
}

// nft: iifname $interface. `key` is iifname or oifname.
std::string Interface(absl::string_view key, const std::string& interface) {
  return Match("==", absl::Substitute(R"({"meta": {"key": "$0"}})", key),
               Quoted(interface));
}

std::string Payload(absl::string_view protocol, absl::string_view field) {
  return absl::Substitute(R"({"payload": {"protocol": "$0", "field": "$1"}})",
                          protocol, field);
}

// nft: ip daddr $address. `field` is daddr or saddr.
std::string Address(absl::string_view field, Ipv4Address address) {
  return Match("==", Payload("ip", field), Quoted(address.ToString()));
}

// nft: tcp dport $port, or meta l4proto tcp for all ports. `field` is dport or
// sport.
std::string Port(absl::string_view field, uint16_t port) {
  if (port != 0) return Match("==", Payload("tcp", field), port);
  return Match("==", R"({"meta": {"key": "l4proto"}})", IPPROTO_TCP);
}

// nft: tcp flags $flag
std::string TcpFlag(uint8_t flag) {
  return Match("in", Payload("tcp", "flags"), static_cast<uint32_t>(flag));
}

// nft: ct state invalid,new
std::string NoKnownConnection() {
  return Match("in", R"({"ct": {"key": "state"}})",
               absl::Substitute("[$0, $1]", NF_CT_STATE_INVALID_BIT,
                                NF_CT_STATE_BIT(IP_CT_NEW)));
}

// nft: dnat to $local:$port, without a port when it stays what it is.
std::string Translation(const NatRule& rule) {
  const std::string local = rule.local.ToString();
  if (rule.local_port == rule.service.port) {
    return absl::Substitute(R"({"dnat": {"addr": "$0"}})", local);
  }
  return absl::Substitute(R"({"dnat": {"addr": "$0", "port": $1}})", local,
                          rule.local_port);
}

// nft: tcp dport $port tcp flags syn tcp option maxseg size > $mss counter
//      tcp option maxseg size set $mss
// libnftables drops a match of TCP before one of its flags.
std::string LimitMss(absl::string_view field, const NatRule& rule) {
  constexpr char kSize[] =
      R"({"tcp option": {"name": "maxseg", "field": "size"}})";
  std::vector<std::string> parts = {
      TcpFlag(TH_SYN), Match(">", kSize, rule.mss), kCounter,
      absl::Substitute(R"({"mangle": {"key": $0, "value": $1}})", kSize,
                       rule.mss)};
  const uint16_t port = rule.service.port;
  if (port != 0) parts.insert(parts.begin(), Port(field, port));
  return absl::StrJoin(parts, ",");
}

// Whether `expression` is the JSON text `written`, nothing more and nothing
// else.
bool IsExactly(const std::string& written, const Value& expression) {
  Value parsed;
  return JsonStringToMessage(written, &parsed).ok() &&
         MessageDifferencer::Equals(parsed, expression);
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

// The port that is matched at `index`; 0 when something else is.
uint16_t ReadPortMatch(const Value& expression, int index) {
  const Value& match = Member(Element(expression, index), "match");
  const Value& payload = Member(Member(match, "left"), "payload");
  if (Member(payload, "field").string_value() != "dport") return 0;
  return ReadPort(Member(match, "right"));
}

// The service that the matches from `index` on are for: an address, then a port
// if it is on one.
ServiceAddress ReadService(const Value& expression, int index) {
  ServiceAddress service;
  service.protocol = IPPROTO_TCP;
  service.vip = ReadAddress(Operand(expression, index));
  service.port = ReadPortMatch(expression, index + 1);
  return service;
}

}  // namespace

std::string RequestExpression(const NatRule& rule) {
  return Expression(
      Interface("iifname", rule.interface), Address("daddr", rule.service.vip),
      Port("dport", rule.service.port), kCounter, Translation(rule));
}

std::string OwnRequestExpression(const NatRule& rule) {
  return Expression(Address("daddr", rule.service.vip),
                    Port("dport", rule.service.port), kCounter,
                    Translation(rule));
}

std::string LateAnswerExpression(const NatRule& rule) {
  return Expression(Interface("oifname", rule.interface),
                    Address("saddr", rule.local),
                    Port("sport", rule.local_port), TcpFlag(TH_ACK),
                    NoKnownConnection(), kCounter, kDrop);
}

std::string StrayRequestExpression(const NatRule& rule) {
  return Expression(Interface("iifname", rule.interface),
                    Address("daddr", rule.service.vip), kCounter, kDrop);
}

std::string RequestMssExpression(const NatRule& rule) {
  return Expression(Address("daddr", rule.service.vip),
                    LimitMss("dport", rule));
}

std::string AnswerMssExpression(const NatRule& rule) {
  return Expression(Address("saddr", rule.service.vip),
                    LimitMss("sport", rule));
}

RuleCounter TakeCounter(Value* expression) {
  RuleCounter taken;
  for (Value& statement : *expression->mutable_list_value()->mutable_values()) {
    const Value& counter = Member(statement, "counter");
    if (!counter.has_struct_value()) continue;
    taken.packets = ReadCount(Member(counter, "packets"));
    taken.bytes = ReadCount(Member(counter, "bytes"));
    CHECK(JsonStringToMessage(kCounter, &statement).ok());
  }
  return taken;
}

std::optional<NatRule> ReadRequest(const Value& expression) {
  const Value& translation = Member(Element(expression, 4), "dnat");
  NatRule rule;
  rule.interface = Operand(expression, 0).string_value();
  rule.service = ReadService(expression, 1);
  rule.local = ReadAddress(Member(translation, "addr"));
  const uint16_t port = ReadPort(Member(translation, "port"));
  rule.local_port = port != 0 ? port : rule.service.port;
  if (!IsExactly(RequestExpression(rule), expression)) return std::nullopt;
  return rule;
}

std::optional<MssLimit> ReadRequestMss(const Value& expression) {
  NatRule rule;
  rule.service = ReadService(expression, 0);
  rule.mss = ReadPort(Operand(expression, rule.service.port == 0 ? 2 : 3));
  if (!IsExactly(RequestMssExpression(rule), expression)) return std::nullopt;
  return MssLimit{rule.service, rule.mss};
}

}  // namespace l275
