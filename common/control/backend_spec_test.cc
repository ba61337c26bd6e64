#include "common/control/backend_spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace l275 {
namespace {

using ::testing::HasSubstr;

TEST(ParseBackendSpecTest, WeightIs100WhenAbsent) {
  const absl::StatusOr<BackendSpec> spec = ParseBackendSpec("10.0.0.101");
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(spec->address.ToString(), "10.0.0.101");
  EXPECT_EQ(spec->weight, 100u);
}

TEST(ParseBackendSpecTest, TakesEveryWeightInRange) {
  EXPECT_EQ(ParseBackendSpec("10.0.0.101@0")->weight, 0u);
  EXPECT_EQ(ParseBackendSpec("10.0.0.101@50")->weight, 50u);
  EXPECT_EQ(ParseBackendSpec("10.0.0.101@65535")->weight, 65535u);
}

TEST(ParseBackendListTest, KeepsTheOrderGiven) {
  const absl::StatusOr<std::vector<BackendSpec>> specs =
      ParseBackendList("10.0.0.102@50,10.0.0.101");
  ASSERT_TRUE(specs.ok()) << specs.status();
  ASSERT_EQ(specs->size(), 2u);
  EXPECT_EQ((*specs)[0].address.ToString(), "10.0.0.102");
  EXPECT_EQ((*specs)[0].weight, 50u);
  EXPECT_EQ((*specs)[1].address.ToString(), "10.0.0.101");
  EXPECT_EQ((*specs)[1].weight, kDefaultWeight);
}

struct Refusal {
  const char* description;
  const char* list;
  const char* why;
};

class ParseBackendListRefusalTest : public ::testing::TestWithParam<Refusal> {};

TEST_P(ParseBackendListRefusalTest, NamesWhatIsWrong) {
  const absl::StatusOr<std::vector<BackendSpec>> specs =
      ParseBackendList(GetParam().list);
  ASSERT_FALSE(specs.ok()) << GetParam().description;
  EXPECT_EQ(specs.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(specs.status().message()), HasSubstr(GetParam().why))
      << GetParam().description;
}

INSTANTIATE_TEST_SUITE_P(
    All, ParseBackendListRefusalTest,
    ::testing::Values(
        Refusal{"empty text", "", "backend \"\": expected ADDRESS[@WEIGHT]"},
        Refusal{"empty item at the end", "10.0.0.1,",
                "backend \"\": expected ADDRESS[@WEIGHT]"},
        Refusal{"empty item between", "10.0.0.1,,10.0.0.2",
                "backend \"\": expected ADDRESS[@WEIGHT]"},
        Refusal{"no address before the weight", "@50",
                "backend \"@50\": \"\" is no IPv4 address"},
        Refusal{"no address", "web1", "\"web1\" is no IPv4 address"},
        Refusal{"a port", "10.0.0.1:80", "\"10.0.0.1:80\" is no IPv4 address"},
        Refusal{"a blank", "10.0.0.1, 10.0.0.2",
                "\" 10.0.0.2\" is no IPv4 address"},
        Refusal{"a multicast address", "239.0.0.1",
                "cannot be a host's address"},
        Refusal{"empty weight", "10.0.0.1@",
                "backend \"10.0.0.1@\": \"\" is no weight; "
                "expected 0 to 65535"},
        Refusal{"negative weight", "10.0.0.1@-1", "\"-1\" is no weight"},
        Refusal{"signed weight", "10.0.0.1@+1", "\"+1\" is no weight"},
        Refusal{"weight too big", "10.0.0.1@65536", "\"65536\" is no weight"},
        Refusal{"weight beyond 32 bits", "10.0.0.1@4294967396",
                "\"4294967396\" is no weight"},
        Refusal{"two weights", "10.0.0.1@1@2", "\"1@2\" is no weight"},
        Refusal{"an address twice", "10.0.0.1,10.0.0.2,10.0.0.1@5",
                "backend \"10.0.0.1@5\": its address is given twice"}));

}  // namespace
}  // namespace l275
