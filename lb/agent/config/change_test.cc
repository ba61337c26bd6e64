#include "lb/agent/config/change.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "lb/agent/config/desired_state_proto.h"

namespace l275 {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kTwoServices[] = R"(
  service { vip: "10.0.0.200" port: 80
            backend { address: "10.0.0.101" }
            backend { address: "10.0.0.102" weight: 50 } }
  service { vip: "10.0.0.200" port: 443
            backend { address: "10.0.0.101" } })";

DesiredState State(const std::string& text) {
  absl::StatusOr<ServicesText> services = ParseServicesText(text, "test");
  EXPECT_TRUE(services.ok()) << services.status();
  absl::StatusOr<DesiredState> state = DesiredStateFromText(*services);
  EXPECT_TRUE(state.ok()) << state.status();
  return *state;
}

control::Change Change(const std::string& text) {
  control::Change change;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &change));
  return change;
}

// The lines of a change to kTwoServices, or its error.
std::vector<std::string> LinesOf(const std::string& change) {
  const DesiredState before = State(kTwoServices);
  const absl::StatusOr<DesiredState> after =
      ApplyChange(before, Change(change));
  if (!after.ok()) {
    return {absl::StatusCodeToString(after.status().code()),
            std::string(after.status().message())};
  }
  return DescribeChanges(before, *after);
}

TEST(ChangeTest, NoBackendIsAnotherServicesVip) {
  EXPECT_THAT(
      LinesOf(R"(add_service { vip: "10.0.0.102" port: 53 })"),
      ElementsAre("INVALID_ARGUMENT",
                  "tcp:10.0.0.200:80: backend 10.0.0.102 is the VIP of service "
                  "tcp:10.0.0.102:53; expected a web server's own address"));
  EXPECT_THAT(
      LinesOf(R"(add_service { vip: "10.0.0.201" port: 53
                               backend { address: "10.0.0.200" } })"),
      ElementsAre("INVALID_ARGUMENT",
                  "tcp:10.0.0.201:53: backend 10.0.0.200 is the VIP of service "
                  "tcp:10.0.0.200:80; expected a web server's own address"));
}

TEST(ChangeTest, AddsAService) {
  EXPECT_THAT(LinesOf(R"(add_service { vip: "10.0.0.201" port: 0
                           backend { address: "10.0.0.103" disabled: true }})"),
              ElementsAre("tcp:10.0.0.201:0: service added",
                          "tcp:10.0.0.201:0: backend 10.0.0.103 added, weight "
                          "100, disabled"));
  EXPECT_THAT(LinesOf(R"(add_service { vip: "10.0.0.200" port: 80 })"),
              ElementsAre("ALREADY_EXISTS",
                          "there is a service tcp:10.0.0.200:80 already"));
  EXPECT_THAT(
      LinesOf(R"(add_service { vip: "10.0.0.200" })"),
      ElementsAre("INVALID_ARGUMENT",
                  "service with VIP 10.0.0.200 has no port; expected 1 to "
                  "65535, or 0 for all ports"));
}

TEST(ChangeTest, RemovesAService) {
  EXPECT_THAT(LinesOf(R"(remove_service: "tcp:10.0.0.200:443")"),
              ElementsAre("tcp:10.0.0.200:443: service removed"));
  EXPECT_THAT(
      LinesOf(R"(remove_service: "tcp:10.0.0.200:81")"),
      ElementsAre("NOT_FOUND", "there is no service tcp:10.0.0.200:81"));
}

TEST(ChangeTest, AddsABackend) {
  EXPECT_THAT(
      LinesOf(R"(add_backend { service: "tcp:10.0.0.200:443"
                   backend { address: "10.0.0.104" weight: 7 }})"),
      ElementsAre("tcp:10.0.0.200:443: backend 10.0.0.104 added, weight 7"));
  EXPECT_THAT(LinesOf(R"(add_backend { backend { address: "10.0.0.104" }})"),
              ElementsAre("INVALID_ARGUMENT",
                          "there are 2 services; name the one that gets the "
                          "backend"));
  EXPECT_THAT(LinesOf(R"(add_backend { service: "tcp:10.0.0.200:80"
                           backend { address: "10.0.0.101" }})"),
              ElementsAre("ALREADY_EXISTS",
                          "tcp:10.0.0.200:80 has a backend 10.0.0.101 "
                          "already"));
  EXPECT_THAT(LinesOf(R"(add_backend { service: "tcp:10.0.0.200:80"
                           backend { address: "10.0.0.200" }})"),
              ElementsAre("INVALID_ARGUMENT",
                          "tcp:10.0.0.200:80: backend 10.0.0.200 is the "
                          "service's own VIP; expected another address"));
}

TEST(ChangeTest, AddsABackendToTheOnlyService) {
  const DesiredState before =
      State(R"(service { vip: "10.0.0.200" port: 80 })");
  const absl::StatusOr<DesiredState> after = ApplyChange(
      before, Change(R"(add_backend { backend { address: "10.0.0.104" }})"));
  ASSERT_TRUE(after.ok()) << after.status();
  EXPECT_THAT(
      DescribeChanges(before, *after),
      ElementsAre("tcp:10.0.0.200:80: backend 10.0.0.104 added, weight 100"));
}

TEST(ChangeTest, ChangesABackendInEveryServiceUnlessOneIsNamed) {
  EXPECT_THAT(LinesOf(R"(disable_backend { address: "10.0.0.101" })"),
              ElementsAre("tcp:10.0.0.200:80: backend 10.0.0.101 disabled",
                          "tcp:10.0.0.200:443: backend 10.0.0.101 disabled"));
  EXPECT_THAT(LinesOf(R"(set_weight { service: "tcp:10.0.0.200:443"
                           address: "10.0.0.101" weight: 0 })"),
              ElementsAre("tcp:10.0.0.200:443: backend 10.0.0.101 weight 100 "
                          "-> 0"));
  EXPECT_THAT(LinesOf(R"(remove_backend { address: "10.0.0.102" })"),
              ElementsAre("tcp:10.0.0.200:80: backend 10.0.0.102 removed"));
}

TEST(ChangeTest, EnablingWhatIsEnabledChangesNothing) {
  EXPECT_THAT(LinesOf(R"(enable_backend { address: "10.0.0.101" })"),
              IsEmpty());
}

TEST(ChangeTest, RefusesWhatIsNotThere) {
  EXPECT_THAT(LinesOf(R"(enable_backend { address: "10.0.0.109" })"),
              ElementsAre("NOT_FOUND", "no service has a backend 10.0.0.109"));
  EXPECT_THAT(
      LinesOf(R"(enable_backend { service: "tcp:10.0.0.200:443"
                   address: "10.0.0.102" })"),
      ElementsAre("NOT_FOUND", "tcp:10.0.0.200:443 has no backend 10.0.0.102"));
  EXPECT_THAT(LinesOf(R"(set_weight { address: "10.0.0.101" weight: 65536 })"),
              ElementsAre("INVALID_ARGUMENT",
                          "weight 65536 is out of range; expected 0 to 65535"));
  EXPECT_EQ(LinesOf("")[0], "INVALID_ARGUMENT");
}

TEST(DescribeChangesTest, TellsTableSizes) {
  EXPECT_THAT(
      DescribeChanges(
          State(R"(service { vip: "10.0.0.200" port: 80 })"),
          State(R"(service { vip: "10.0.0.200" port: 80 table_size: 251 })")),
      ElementsAre("tcp:10.0.0.200:80: table size default -> 251"));
}

}  // namespace
}  // namespace l275
