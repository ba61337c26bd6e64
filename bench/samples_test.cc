#include "bench/samples.h"

#include <gtest/gtest.h>

namespace l275 {
namespace {

TEST(SamplesTest, MinimumAndMedian) {
  EXPECT_EQ(Minimum({3, 1, 2}), 1);
  EXPECT_EQ(Median({9, 1, 2}), 2);
  EXPECT_EQ(Median({9, 1, 2, 4}), 3);
  EXPECT_EQ(Median({7}), 7);
}

}  // namespace
}  // namespace l275
