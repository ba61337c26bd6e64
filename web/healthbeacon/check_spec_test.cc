#include "web/healthbeacon/check_spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace l275 {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(CheckSpecTest, Tcp) {
  const auto spec = CheckSpec::Parse("tcp:127.0.0.1:8080");
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(spec->kind, CheckSpec::Kind::kTcp);
  EXPECT_EQ(spec->text, "tcp:127.0.0.1:8080");
  EXPECT_EQ(spec->endpoint.ToString(), "127.0.0.1:8080");
}

TEST(CheckSpecTest, Exec) {
  const auto spec = CheckSpec::Parse("exec:/usr/bin/true");
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(spec->kind, CheckSpec::Kind::kExec);
  EXPECT_EQ(spec->path, "/usr/bin/true");
}

struct Url {
  const char* text;
  const char* endpoint;
  const char* path;
};

class CheckSpecUrlTest : public ::testing::TestWithParam<Url> {};

TEST_P(CheckSpecUrlTest, IsTakenApart) {
  const auto spec = CheckSpec::Parse(GetParam().text);
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(spec->kind, CheckSpec::Kind::kHttp);
  EXPECT_EQ(spec->text, GetParam().text);
  EXPECT_EQ(spec->endpoint.ToString(), GetParam().endpoint);
  EXPECT_EQ(spec->path, GetParam().path);
}

INSTANTIATE_TEST_SUITE_P(
    All, CheckSpecUrlTest,
    ::testing::Values(
        Url{"http://127.0.0.1:81/healthz", "127.0.0.1:81", "/healthz"},
        Url{"http://10.0.0.1", "10.0.0.1:80", "/"},
        Url{"http://10.0.0.1:8080", "10.0.0.1:8080", "/"},
        Url{"http://10.0.0.1/a/b?c=d%2Ce", "10.0.0.1:80", "/a/b?c=d%2Ce"}));

struct Bad {
  const char* text;
  const char* error;
};

class CheckSpecBadTest : public ::testing::TestWithParam<Bad> {};

TEST_P(CheckSpecBadTest, IsNamedWithWhatWasExpected) {
  const absl::Status status = ParseChecks(GetParam().text).status();
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().error));
}

INSTANTIATE_TEST_SUITE_P(
    All, CheckSpecBadTest,
    ::testing::Values(
        Bad{"80", "\"80\": expected tcp:ADDRESS:PORT, http:"},
        Bad{"udp:127.0.0.1:53", "expected tcp:ADDRESS:PORT"},
        Bad{"https://127.0.0.1/", "expected tcp:ADDRESS:PORT"},
        Bad{"tcp:127.0.0.1", "expected ADDRESS:PORT"},
        Bad{"tcp:localhost:80", "\"localhost\" is no IPv4 address"},
        Bad{"tcp:127.0.0.1:0", "port 0; expected 1 to 65535"},
        Bad{"tcp:127.0.0.1:65536", "65536"},
        Bad{"http://localhost/", "\"localhost\" is no IPv4 address"},
        Bad{"http://", "is no IPv4 address"},
        Bad{"http://127.0.0.1:0/", "port 0; expected 1 to 65535"},
        Bad{"http://127.0.0.1:99999/", "expected"},
        Bad{"http://u:p@127.0.0.1/", "no URL; expected one like"},
        Bad{"http://127.0.0.1/a b", "no URL; expected one like"},
        Bad{"http://127.0.0.1/a#b", "no URL; expected one like"},
        Bad{"http://127.0.0.1/\r\nX: y", "no URL; expected one like"},
        Bad{"exec:", "expected a program's absolute path"},
        Bad{"exec:true", "expected a program's absolute path"},
        Bad{"tcp:127.0.0.1:80,", "\"\": expected tcp:"},
        Bad{"tcp:127.0.0.1:80,tcp:127.0.0.1:80",
            "\"tcp:127.0.0.1:80\" appears twice"}));

TEST(ParseChecksTest, TakesSeveral) {
  const auto specs = ParseChecks("tcp:127.0.0.1:80,exec:/bin/true");
  ASSERT_TRUE(specs.ok()) << specs.status();
  EXPECT_THAT(*specs, ElementsAre(Field(&CheckSpec::text, "tcp:127.0.0.1:80"),
                                  Field(&CheckSpec::text, "exec:/bin/true")));
}

TEST(ParseChecksTest, TakesNone) {
  const auto specs = ParseChecks("");
  ASSERT_TRUE(specs.ok()) << specs.status();
  EXPECT_THAT(*specs, IsEmpty());
}

}  // namespace
}  // namespace l275
