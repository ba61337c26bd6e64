#include "lb/agent/peers/differences.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

namespace l275 {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr uint32_t kIdle = 900;

control::Services Services(const std::string& backends) {
  control::Services services;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
      "service { vip: '10.0.0.200' port: 80 " + backends + " }", &services));
  return services;
}

sync::Declared Declared(const control::Services& services) {
  sync::Declared declared;
  declared.set_services(services.SerializeAsString());
  declared.set_tcp_idle_timeout_s(kIdle);
  return declared;
}

TEST(DifferencesTest, TheSameDiffersInNothing) {
  const control::Services services =
      Services("backend { address: '10.0.0.1' }");
  EXPECT_THAT(Differences(services, kIdle, Declared(services), true),
              IsEmpty());
}

TEST(DifferencesTest, NamesEachThing) {
  const control::Services here = Services(
      "backend { address: '10.0.0.1' } backend { address: '10.0.0.2' }");
  const control::Services there = Services(
      "backend { address: '10.0.0.1' weight: 7 } backend { address: "
      "'10.0.0.3' }");
  EXPECT_THAT(
      Differences(here, kIdle + 1, Declared(there), false),
      ElementsAre("another --hash_seed: no slot is the same there",
                  "--tcp_idle_timeout_s=900, here 901",
                  "tcp:10.0.0.200:80: backend 10.0.0.1 weight 100 -> 7",
                  "tcp:10.0.0.200:80: backend 10.0.0.2 removed",
                  "tcp:10.0.0.200:80: backend 10.0.0.3 added, weight 100"));
}

TEST(DifferencesTest, SaysWhatCannotBeRead) {
  sync::Declared declared = Declared(Services(""));
  declared.set_services("\xff\xff");
  EXPECT_THAT(
      Differences(Services(""), kIdle, declared, true),
      ElementsAre("services that cannot be here: they are not to be read"));
}

TEST(DifferencesTest, SaysWhatCannotBeHere) {
  const control::Services bad = Services("backend { address: 'web1' }");
  EXPECT_THAT(
      Differences(Services(""), kIdle, Declared(bad), true),
      ElementsAre(::testing::StartsWith("services that cannot be here: ")));
}

}  // namespace
}  // namespace l275
