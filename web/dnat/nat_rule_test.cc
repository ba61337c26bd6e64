#include "web/dnat/nat_rule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace l275 {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> Parse(absl::string_view services,
                               absl::string_view locals,
                               absl::string_view interfaces) {
  const absl::StatusOr<std::vector<NatRule>> rules =
      ParseNatRules(services, locals, interfaces);
  if (!rules.ok()) return {rules.status().ToString()};
  std::vector<std::string> texts;
  for (const NatRule& rule : *rules) texts.push_back(rule.ToString());
  return texts;
}

TEST(ParseNatRulesTest, KeepsTheServicesPortWhenNoneIsGiven) {
  EXPECT_THAT(Parse("tcp:10.0.0.200:80", "10.0.0.101", "eth1"),
              ElementsAre("tcp:10.0.0.200:80 on eth1 to 10.0.0.101:80"));
}

TEST(ParseNatRulesTest, OneLocalAddressServesAllServices) {
  EXPECT_THAT(
      Parse("tcp:10.0.0.200:80,tcp:10.0.0.200:443", "10.0.0.101", "eth1"),
      ElementsAre("tcp:10.0.0.200:80 on eth1 to 10.0.0.101:80",
                  "tcp:10.0.0.200:443 on eth1 to 10.0.0.101:443"));
}

TEST(ParseNatRulesTest, ListsPairUpByPosition) {
  EXPECT_THAT(Parse("tcp:10.0.0.200:443,tcp:10.0.0.200:80",
                    "10.0.0.101:8443,10.0.0.102:8080", "eth1,br-lan.5"),
              ElementsAre("tcp:10.0.0.200:80 on br-lan.5 to 10.0.0.102:8080",
                          "tcp:10.0.0.200:443 on eth1 to 10.0.0.101:8443"));
}

TEST(ParseNatRulesTest, AServiceOnOnePortComesBeforeAllPortsOfItsVip) {
  EXPECT_THAT(Parse("tcp:10.0.0.201:0,tcp:10.0.0.200:0,tcp:10.0.0.200:80,"
                    "tcp:10.0.0.201:9",
                    "10.0.0.101", "eth1"),
              ElementsAre("tcp:10.0.0.200:80 on eth1 to 10.0.0.101:80",
                          "tcp:10.0.0.200:0 on eth1 to 10.0.0.101",
                          "tcp:10.0.0.201:9 on eth1 to 10.0.0.101:9",
                          "tcp:10.0.0.201:0 on eth1 to 10.0.0.101"));
}

struct Refusal {
  const char* services;
  const char* locals;
  const char* interfaces;
  const char* why;
};

class ParseNatRulesRefusalTest : public ::testing::TestWithParam<Refusal> {};

TEST_P(ParseNatRulesRefusalTest, SaysWhy) {
  const Refusal& row = GetParam();
  const auto rules = ParseNatRules(row.services, row.locals, row.interfaces);
  ASSERT_EQ(rules.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(rules.status().message()), HasSubstr(row.why));
}

constexpr char kWeb[] = "tcp:10.0.0.200:80";
constexpr char kTwo[] = "tcp:10.0.0.200:80,tcp:10.0.0.200:443";

INSTANTIATE_TEST_SUITE_P(
    All, ParseNatRulesRefusalTest,
    ::testing::Values(
        Refusal{"", "10.0.0.101", "eth1", "service \"\""},
        Refusal{"tcp:10.0.0.200:80,", "10.0.0.101", "eth1", "service \"\""},
        Refusal{kWeb, "", "eth1", "local address \"\""},
        Refusal{kWeb, "10.0.0", "eth1", "\"10.0.0\" is no IPv4 address"},
        Refusal{kWeb, "127.0.0.1", "eth1", "cannot be a host's address"},
        Refusal{kWeb, "10.0.0.101:", "eth1", "\"\" is no port"},
        Refusal{kWeb, "10.0.0.101:0", "eth1", "port 0"},
        Refusal{kWeb, "10.0.0.101:65536", "eth1", "\"65536\" is no port"},
        Refusal{kWeb, "10.0.0.101:80:81", "eth1", "\"80:81\" is no port"},
        Refusal{kWeb, "10.0.0.200:8080", "eth1", "is the VIP of service"},
        Refusal{kWeb, "10.0.0.101", "", "interface \"\""},
        Refusal{kWeb, "10.0.0.101", "eth*", "interface \"eth*\""},
        Refusal{kWeb, "10.0.0.101", "@set", "interface \"@set\""},
        Refusal{kWeb, "10.0.0.101", "a\"}", "interface \"a\"}\""},
        Refusal{kWeb, "10.0.0.101", "..", "interface \"..\""},
        Refusal{kWeb, "10.0.0.101", "sixteen-letters-", "1 to 15"},
        Refusal{kTwo, "10.0.0.101,10.0.0.101,10.0.0.101", "eth1",
                "2 services but 3 local addresses"},
        Refusal{kTwo, "10.0.0.101", "a,b,c", "2 services but 3 interfaces"},
        Refusal{"tcp:10.0.0.200:80,tcp:10.0.0.200:80", "10.0.0.101", "eth1",
                "tcp:10.0.0.200:80 is given twice"},
        Refusal{"tcp:10.0.0.200:0", "10.0.0.101:80", "eth1", "all ports"}));

}  // namespace
}  // namespace l275
