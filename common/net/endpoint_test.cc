#include "common/net/endpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace l275 {
namespace {

using ::testing::HasSubstr;

TEST(EndpointTest, PrintsWhatItParsed) {
  for (const char* text : {"10.0.0.1:40000", "0.0.0.0:0", "10.0.0.1:65535"}) {
    const absl::StatusOr<Endpoint> endpoint = Endpoint::Parse(text);
    ASSERT_TRUE(endpoint.ok()) << endpoint.status();
    EXPECT_EQ(endpoint->ToString(), text);
  }
}

struct Refusal {
  const char* text;
  const char* why;
};

class EndpointRefusalTest : public ::testing::TestWithParam<Refusal> {};

TEST_P(EndpointRefusalTest, NamesWhatIsWrong) {
  const absl::StatusOr<Endpoint> endpoint = Endpoint::Parse(GetParam().text);
  ASSERT_FALSE(endpoint.ok());
  const std::string message(endpoint.status().message());
  EXPECT_THAT(message, HasSubstr(GetParam().text));
  EXPECT_THAT(message, HasSubstr(GetParam().why));
}

INSTANTIATE_TEST_SUITE_P(
    All, EndpointRefusalTest,
    ::testing::Values(Refusal{"", "expected ADDRESS:PORT"},
                      Refusal{"10.0.0.1", "expected ADDRESS:PORT"},
                      Refusal{"tcp:10.0.0.1:80", "expected ADDRESS:PORT"},
                      Refusal{":80", "\"\" is no IPv4 address"},
                      Refusal{"web1:80", "\"web1\" is no IPv4 address"},
                      Refusal{"10.0.0.1:", "\"\" is no port"},
                      Refusal{"10.0.0.1:http", "\"http\" is no port"},
                      Refusal{"10.0.0.1:65536", "\"65536\" is no port"}));

}  // namespace
}  // namespace l275
