#include "web/healthbeacon/cpu_times.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace l275 {
namespace {

using ::testing::HasSubstr;

TEST(CpuTimesTest, ParsesTheFirstLine) {
  const auto times = CpuTimes::Parse(
      "cpu  100 2 30 4000 500 6 7 8 90 10\n"
      "cpu0 50 1 15 2000 250 3 3 4 45 5\n");
  ASSERT_TRUE(times.ok()) << times.status();
  EXPECT_EQ(times->busy, 100u + 2 + 30 + 6 + 7 + 8);
  EXPECT_EQ(times->idle, 4000u + 500);
}

TEST(CpuTimesTest, RefusesOtherLines) {
  for (const char* text :
       {"", "cpu 1 2 3", "cpu0 1 2 3 4 5 6 7 8", "cpu 1 2 3 4 5 6 7 x",
        "cpu 1 2 3 4 5 6 7 -8", "cpu 1 2 3 4\n5 6 7 8"}) {
    EXPECT_THAT(std::string(CpuTimes::Parse(text).status().message()),
                HasSubstr("expected \"cpu\" and eight numbers"))
        << text;
  }
}

TEST(CpuTimesTest, BusySince) {
  const CpuTimes before = {100, 1000};
  EXPECT_DOUBLE_EQ((CpuTimes{100, 1100}.BusySince(before)), 0);
  EXPECT_DOUBLE_EQ((CpuTimes{130, 1010}.BusySince(before)), 0.75);
  EXPECT_DOUBLE_EQ((CpuTimes{200, 1000}.BusySince(before)), 1);
  EXPECT_DOUBLE_EQ((CpuTimes{100, 1000}.BusySince(before)), 0);
  // iowait went backwards.
  EXPECT_DOUBLE_EQ((CpuTimes{200, 900}.BusySince(before)), 1);
}

TEST(CpuTimesTest, ReadsThisHosts) {
  const auto times = CpuTimes::Read();
  ASSERT_TRUE(times.ok()) << times.status();
  EXPECT_GT(times->busy, 0u);
  EXPECT_GT(times->idle, 0u);
}

}  // namespace
}  // namespace l275
