#include "common/control/services_text.h"

#include <gtest/gtest.h>

#include <string>

namespace l275 {
namespace {

constexpr char kTwoServices[] = R"(# two services
service {
  protocol: TCP
  vip: "10.0.0.200"
  port: 80
  backend { address: "10.0.0.101" weight: 50 }
  backend { address: "10.0.0.102" disabled: true }
}
  service { vip: "10.0.0.201" port: 0 table_size: 251
    backend { address: "10.0.0.101" } }
)";

TEST(ParseServicesTextTest, TakesWhatTheSchemaDeclares) {
  const absl::StatusOr<ServicesText> text =
      ParseServicesText(kTwoServices, "services.conf");
  ASSERT_TRUE(text.ok()) << text.status();
  ASSERT_EQ(text->services.service_size(), 2);
  const control::Service& first = text->services.service(0);
  EXPECT_EQ(first.vip(), "10.0.0.200");
  EXPECT_EQ(first.port(), 80u);
  EXPECT_EQ(first.backend(0).weight(), 50u);
  EXPECT_FALSE(first.backend(1).has_weight());
  EXPECT_TRUE(first.backend(1).disabled());
  const control::Service& second = text->services.service(1);
  EXPECT_TRUE(second.has_port());
  EXPECT_EQ(second.table_size(), 251u);
}

TEST(ParseServicesTextTest, SaysWhereEachPartStands) {
  const absl::StatusOr<ServicesText> text =
      ParseServicesText(kTwoServices, "services.conf");
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_EQ(text->ServiceLocation(0), "services.conf:2:1");
  EXPECT_EQ(text->BackendLocation(0, 0), "services.conf:6:3");
  EXPECT_EQ(text->BackendLocation(0, 1), "services.conf:7:3");
  EXPECT_EQ(text->ServiceLocation(1), "services.conf:9:3");
  EXPECT_EQ(text->BackendLocation(1, 0), "services.conf:10:5");
}

TEST(ParseServicesTextTest, LocationsSurviveAMove) {
  absl::StatusOr<ServicesText> text = ParseServicesText(kTwoServices, "f");
  ASSERT_TRUE(text.ok()) << text.status();
  const ServicesText moved = *std::move(text);
  EXPECT_EQ(moved.ServiceLocation(1), "f:9:3");
}

TEST(ParseServicesTextTest, ShortListFormKeepsPlaces) {
  const absl::StatusOr<ServicesText> text = ParseServicesText(R"(service: [
  { vip: "10.0.0.200" port: 80
    backend: [ { address: "10.0.0.101" },
               { weight: 50 address: "10.0.0.102" } ] },
  {}
]
service { vip: "10.0.0.201"
  backend: [ { address: "10.0.0.101" } ]
  backend { address: "10.0.0.102" } }
)",
                                                              "f");
  ASSERT_TRUE(text.ok()) << text.status();
  ASSERT_EQ(text->services.service_size(), 3);
  EXPECT_EQ(text->ServiceLocation(0), "f:2:5");
  EXPECT_EQ(text->BackendLocation(0, 0), "f:3:18");
  EXPECT_EQ(text->BackendLocation(0, 1), "f:4:18");
  EXPECT_EQ(text->ServiceLocation(1), "f:1:1") << "nothing is within";
  EXPECT_EQ(text->ServiceLocation(2), "f:7:11") << "both forms in one text";
  EXPECT_EQ(text->BackendLocation(2, 0), "f:8:3");
  EXPECT_EQ(text->BackendLocation(2, 1), "f:9:3");
}

TEST(ParseServicesTextTest, IndexesOutOfRangeGetTheNearestPlace) {
  const absl::StatusOr<ServicesText> text =
      ParseServicesText(kTwoServices, "services.conf");
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_EQ(text->ServiceLocation(2), "services.conf");
  EXPECT_EQ(text->ServiceLocation(-1), "services.conf");
  EXPECT_EQ(text->BackendLocation(0, 2), "services.conf:2:1");
  EXPECT_EQ(text->BackendLocation(2, 0), "services.conf");
}

TEST(ParseServicesTextTest, EmptyTextIsNoServices) {
  const absl::StatusOr<ServicesText> text = ParseServicesText("", "f");
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_EQ(text->services.service_size(), 0);
}

struct Refusal {
  const char* description;
  const char* text;
  const char* error;
};

class ParseServicesTextRefusalTest : public ::testing::TestWithParam<Refusal> {
};

TEST_P(ParseServicesTextRefusalTest, NamesTheFirstErrorAndItsPlace) {
  const absl::StatusOr<ServicesText> text =
      ParseServicesText(GetParam().text, "services.conf");
  ASSERT_FALSE(text.ok()) << GetParam().description;
  EXPECT_EQ(text.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(std::string(text.status().message()), GetParam().error)
      << GetParam().description;
}

INSTANTIATE_TEST_SUITE_P(
    All, ParseServicesTextRefusalTest,
    ::testing::Values(
        Refusal{"unknown field", "service {\n  vpi: \"10.0.0.200\"\n}",
                "services.conf:2:6: Message type \"l275.control.Service\" has "
                "no field named \"vpi\"."},
        Refusal{"unknown protocol", "service { protocol: UDP }",
                "services.conf:1:25: Unknown enumeration value of \"UDP\" for "
                "field \"protocol\"."},
        Refusal{"wrong type", "service { port: \"http\" }",
                "services.conf:1:17: Expected integer, got: \"http\""},
        Refusal{"number for text", "service { vip: 10 }",
                "services.conf:1:16: Expected string, got: 10"},
        Refusal{"negative number", "service { port: -1 }",
                "services.conf:1:17: Expected integer, got: -"},
        Refusal{"number out of 32 bits", "service { port: 4294967296 }",
                "services.conf:1:17: Integer out of range (4294967296)"},
        Refusal{"missing quotes", "service {\n\n vip: 10.0.0.200 }",
                "services.conf:3:11: Already saw decimal point or exponent; "
                "can't have another one. If it is an address, put it in "
                "quotes: \"10.0.0.200\""},
        Refusal{"field given twice", "service { vip: \"a\" vip: \"b\" }",
                "services.conf:1:23: Non-repeated field \"vip\" is specified "
                "multiple times."},
        Refusal{"unclosed brace", "service {\n  port: 80\n",
                "services.conf:3:1: Expected identifier, got: end of text"},
        Refusal{"unclosed string", "service { vip: \"10.0.0.200\n}",
                "services.conf:1:27: String literals cannot cross line "
                "boundaries."},
        Refusal{"JSON", "{\"service\": []}",
                "services.conf:1:1: Expected identifier, got: {"}));

TEST(PrintServicesTextTest, PrintsWhatIsParsedAgain) {
  const absl::StatusOr<ServicesText> text =
      ParseServicesText(kTwoServices, "services.conf");
  ASSERT_TRUE(text.ok()) << text.status();
  const std::string printed = PrintServicesText(text->services);
  EXPECT_EQ(printed, R"(service {
  protocol: TCP
  vip: "10.0.0.200"
  port: 80
  backend {
    address: "10.0.0.101"
    weight: 50
  }
  backend {
    address: "10.0.0.102"
    disabled: true
  }
}
service {
  vip: "10.0.0.201"
  port: 0
  table_size: 251
  backend {
    address: "10.0.0.101"
  }
}
)");
  const absl::StatusOr<ServicesText> again = ParseServicesText(printed, "f");
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(PrintServicesText(again->services), printed);
}

}  // namespace
}  // namespace l275
