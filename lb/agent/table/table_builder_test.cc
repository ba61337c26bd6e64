#include "lb/agent/table/table_builder.h"

#include <gtest/gtest.h>

namespace l275 {
namespace {

constexpr MaglevBackend kA = {Ipv4Address::FromHost(0x0a000065), 100};
constexpr MaglevBackend kB = {Ipv4Address::FromHost(0x0a000066), 100};
constexpr MaglevBackend kHeavyB = {Ipv4Address::FromHost(0x0a000066), 300};

TEST(TableBuilderTest, BuildsWhatIsAskedForWhateverCameBefore) {
  const std::vector<MaglevBackend> sets[] = {
      {kA, kB}, {kA, kHeavyB}, {kB, kA}, {kA}, {}};
  TableBuilder builder;
  for (uint32_t slots : {11u, 251u}) {
    for (const auto& before : sets) {
      for (const auto& backends : sets) {
        builder.Build(before, 11);
        EXPECT_EQ(builder.Build(backends, slots),
                  BuildMaglevTable(backends, slots));
      }
    }
  }
}

TEST(TableBuilderTest, RemembersTheLastTable) {
  TableBuilder builder;
  const uint32_t* const first = builder.Build({kA, kB}, 251).data();
  EXPECT_EQ(builder.Build({kA, kB}, 251).data(), first);
}

}  // namespace
}  // namespace l275
