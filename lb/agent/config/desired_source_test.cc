#include "lb/agent/config/desired_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

namespace l275 {
namespace {

using ::testing::HasSubstr;

absl::StatusOr<DesiredState> Read(const DesiredSource::Options& options) {
  absl::StatusOr<DesiredSource> source = DesiredSource::Create(options);
  if (!source.ok()) return source.status();
  return source->Read();
}

std::string FileWith(const std::string& text) {
  const std::string path = ::testing::TempDir() + "/services.conf";
  std::ofstream(path) << text;
  return path;
}

TEST(DesiredSourceTest, NoFlagsMakeAnEmptyState) {
  const absl::StatusOr<DesiredState> state = Read({});
  ASSERT_TRUE(state.ok()) << state.status();
  EXPECT_TRUE(state->empty());
}

TEST(DesiredSourceTest, OneServiceByFlags) {
  const absl::StatusOr<DesiredState> state =
      Read({"", "tcp:10.0.0.200:80", "10.0.0.101,10.0.0.102@50"});
  ASSERT_TRUE(state.ok()) << state.status();
  ASSERT_EQ(state->size(), 1u);
  EXPECT_EQ(state->begin()->first.ToString(), "tcp:10.0.0.200:80");
  const auto& backends = state->begin()->second.backends;
  ASSERT_EQ(backends.size(), 2u);
  EXPECT_EQ(backends.begin()->second.weight, 100u);
  EXPECT_EQ(backends.rbegin()->second.weight, 50u);
}

TEST(DesiredSourceTest, ReadsTheFileAnew) {
  const std::string path =
      FileWith("service { vip: \"10.0.0.200\" port: 80 }\n");
  const absl::StatusOr<DesiredSource> source =
      DesiredSource::Create({path, "", ""});
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_EQ(source->Read()->size(), 1u);
  FileWith(
      "service { vip: \"10.0.0.200\" port: 80 }\n"
      "service { vip: \"10.0.0.200\" port: 81 }\n");
  EXPECT_EQ(source->Read()->size(), 2u);
  std::remove(path.c_str());
  EXPECT_EQ(source->Read().status().code(), absl::StatusCode::kNotFound);
}

TEST(DesiredSourceTest, NamesFlagOrFile) {
  EXPECT_THAT(Read({"", "tcp:10.0.0.200", ""}).status().ToString(),
              HasSubstr("--service: service \"tcp:10.0.0.200\""));
  EXPECT_THAT(
      Read({"", "tcp:10.0.0.200:80", "10.0.0.101@x"}).status().ToString(),
      HasSubstr("--backends: "));
  EXPECT_THAT(Read({FileWith("service {"), "", ""}).status().ToString(),
              HasSubstr("/services.conf:1:"));
}

TEST(DesiredSourceTest, RefusesFlagsThatContradict) {
  EXPECT_THAT(Read({"f", "tcp:10.0.0.200:80", ""}).status().ToString(),
              HasSubstr("--services_file and --service"));
  EXPECT_THAT(Read({"", "", "10.0.0.101"}).status().ToString(),
              HasSubstr("--backends is given without --service"));
}

TEST(DesiredSourceTest, RefusesStdinWhichCannotBeReadAgain) {
  EXPECT_EQ(DesiredSource::Create({"-", "", ""}).status().message(),
            "--services_file=-: expected a file, which can be read again");
}

TEST(DesiredSourceTest, RefusesTheVipAsBackend) {
  EXPECT_EQ(Read({"", "tcp:10.0.0.200:80", "10.0.0.101,10.0.0.200"})
                .status()
                .message(),
            "--backends: backend 10.0.0.200 is the service's own VIP; expected "
            "another address");
}

}  // namespace
}  // namespace l275
