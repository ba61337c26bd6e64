#include "lb/agent/config/desired_state_proto.h"

#include <gtest/gtest.h>

namespace l275 {
namespace {

absl::StatusOr<DesiredState> Parse(const std::string& text) {
  absl::StatusOr<ServicesText> services =
      ParseServicesText(text, "services.conf");
  if (!services.ok()) return services.status();
  return DesiredStateFromText(*services);
}

TEST(DesiredStateProtoTest, ReadsWhatItWrote) {
  const absl::StatusOr<DesiredState> state = Parse(R"(
    service { vip: "10.0.0.200" port: 80 table_size: 251
              backend { address: "10.0.0.102" weight: 0 }
              backend { address: "10.0.0.101" disabled: true } }
    service { protocol: TCP vip: "10.0.0.201" port: 0 })");
  ASSERT_TRUE(state.ok()) << state.status();
  ASSERT_EQ(state->size(), 2u);
  const DesiredService& service = state->begin()->second;
  EXPECT_EQ(service.table_size, 251u);
  EXPECT_EQ(service.backends.begin()->second.weight, kDefaultWeight);
  EXPECT_TRUE(service.backends.begin()->second.disabled);
  EXPECT_EQ(*DesiredStateFromProto(DesiredStateToProto(*state)), *state);
}

struct Refusal {
  const char* text;
  const char* message;
};

class DesiredStateRefusalTest : public ::testing::TestWithParam<Refusal> {};

TEST_P(DesiredStateRefusalTest, NamesPlaceAndThing) {
  const absl::StatusOr<DesiredState> state = Parse(GetParam().text);
  ASSERT_FALSE(state.ok());
  EXPECT_EQ(state.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(state.status().message(), GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    All, DesiredStateRefusalTest,
    ::testing::Values(
        Refusal{"service { vip: \"10.0.0.300\" port: 80 }",
                "services.conf:1:1: \"10.0.0.300\" is no IPv4 address; "
                "expected one like 10.0.0.101"},
        Refusal{"service { vip: \"10.0.0.200\" }",
                "services.conf:1:1: service with VIP 10.0.0.200 has no port; "
                "expected 1 to 65535, or 0 for all ports"},
        Refusal{"service { vip: \"10.0.0.200\" port: 65536 }",
                "services.conf:1:1: service with VIP 10.0.0.200: port 65536 "
                "is out of range; expected 0 to 65535"},
        Refusal{"service { vip: \"10.0.0.200\" port: 80 table_size: 256 }",
                "services.conf:1:1: tcp:10.0.0.200:80: table size 256 is no "
                "prime; the nearest one is 257"},
        Refusal{"service { vip: \"10.0.0.200\" port: 80 }\n"
                "service { vip: \"10.0.0.200\" port: 80 }",
                "services.conf:2:1: service tcp:10.0.0.200:80 appears twice"},
        Refusal{"service { vip: \"10.0.0.200\" port: 80\n"
                "  backend { address: \"web1\" } }",
                "services.conf:2:3: tcp:10.0.0.200:80: \"web1\" is no IPv4 "
                "address; expected one like 10.0.0.101"},
        Refusal{"service { vip: \"10.0.0.200\" port: 80\n"
                "  backend { address: \"10.0.0.101\" weight: 65536 } }",
                "services.conf:2:3: tcp:10.0.0.200:80: backend 10.0.0.101: "
                "weight 65536 is out of range; expected 0 to 65535"},
        Refusal{"service { vip: \"10.0.0.200\" port: 80\n"
                "  backend { address: \"10.0.0.101\" }\n"
                "  backend { address: \"10.0.0.101\" weight: 5 } }",
                "services.conf:3:3: tcp:10.0.0.200:80: backend 10.0.0.101 "
                "appears twice"},
        Refusal{"service { vip: \"10.0.0.200\" port: 80 }\n"
                "service { vip: \"10.0.0.200\" port: 81 protocol: 17 }",
                "services.conf:2:1: service with VIP 10.0.0.200: protocol 17 "
                "is unknown; expected TCP"},
        Refusal{"service { vip: \"10.0.0.200\" port: 80\n"
                "  backend { address: \"10.0.0.200\" } }",
                "services.conf:2:3: tcp:10.0.0.200:80: backend 10.0.0.200 is "
                "the service's own VIP; expected another address"},
        Refusal{"service: [ { vip: \"10.0.0.200\" port: 80 },\n"
                "  { vip: \"10.0.0.201\" port: 80\n"
                "    backend: [ { address: \"10.0.0.101\" },\n"
                "      { address: \"10.0.0.101\" } ] } ]",
                "services.conf:4:9: tcp:10.0.0.201:80: backend 10.0.0.101 "
                "appears twice"},
        Refusal{"service: [ {} ]",
                "services.conf:1:1: \"\" is no IPv4 address; expected one "
                "like 10.0.0.101"}));

}  // namespace
}  // namespace l275
