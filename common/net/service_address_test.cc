#include "common/net/service_address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

namespace l275 {
namespace {

using ::testing::HasSubstr;

TEST(ServiceAddressTest, PrintsWhatItParsed) {
  for (const char* text :
       {"tcp:10.0.0.200:80", "tcp:10.0.0.200:0", "tcp:198.51.100.1:65535"}) {
    absl::StatusOr<ServiceAddress> address = ServiceAddress::Parse(text);
    ASSERT_TRUE(address.ok()) << address.status();
    EXPECT_EQ(address->protocol, IPPROTO_TCP);
    EXPECT_EQ(address->ToString(), text);
  }
}

struct Refusal {
  const char* text;
  const char* why;
};

class ServiceAddressRefusalTest : public ::testing::TestWithParam<Refusal> {};

TEST_P(ServiceAddressRefusalTest, NamesWhatIsWrong) {
  const absl::StatusOr<ServiceAddress> address =
      ServiceAddress::Parse(GetParam().text);
  ASSERT_FALSE(address.ok());
  EXPECT_THAT(std::string(address.status().message()),
              HasSubstr(GetParam().text));
  EXPECT_THAT(std::string(address.status().message()),
              HasSubstr(GetParam().why));
}

INSTANTIATE_TEST_SUITE_P(
    All, ServiceAddressRefusalTest,
    ::testing::Values(
        Refusal{"", "expected PROTOCOL:VIP:PORT"},
        Refusal{"10.0.0.200:80", "expected PROTOCOL:VIP:PORT"},
        Refusal{"tcp:10.0.0.200", "expected PROTOCOL:VIP:PORT"},
        Refusal{"tcp:10.0.0.200:80:1", "expected PROTOCOL:VIP:PORT"},
        Refusal{"sctp:10.0.0.200:80", "protocol \"sctp\" is not known"},
        Refusal{"tcp:10.0.0.999:80", "\"10.0.0.999\" is no IPv4 address"},
        Refusal{"tcp:239.0.0.1:80", "cannot be a host's address"},
        Refusal{"tcp:10.0.0.200:", "\"\" is no port"},
        Refusal{"tcp:10.0.0.200:-1", "\"-1\" is no port"},
        Refusal{"tcp:10.0.0.200:+80", "\"+80\" is no port"},
        Refusal{"tcp:10.0.0.200: 80", "\" 80\" is no port"},
        Refusal{"tcp:10.0.0.200:65536", "\"65536\" is no port"}));

}  // namespace
}  // namespace l275
