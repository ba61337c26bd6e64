#include "lb/agent/publish/range_allocator.h"

#include <gtest/gtest.h>

namespace l275 {
namespace {

constexpr RangeAllocator::TimePoint kStart{};
constexpr RangeAllocator::TimePoint kLater = kStart + RangeAllocator::kRest;

TEST(RangeAllocatorTest, HandsOutEachIndexOnce) {
  RangeAllocator allocator(1, 4);
  EXPECT_EQ(allocator.Allocate(1, kStart), 1u);
  EXPECT_EQ(allocator.Allocate(1, kStart), 2u);
  EXPECT_EQ(allocator.Allocate(1, kStart), 3u);
  EXPECT_EQ(allocator.Allocate(1, kStart), std::nullopt);
  EXPECT_EQ(allocator.used(), 3u);
  EXPECT_EQ(allocator.capacity(), 3u);
}

TEST(RangeAllocatorTest, RestsBeforeItHandsOutAgain) {
  RangeAllocator allocator(1, 2);
  ASSERT_EQ(allocator.Allocate(1, kStart), 1u);
  allocator.Free(1, 1, kStart);
  EXPECT_EQ(allocator.used(), 0u);
  EXPECT_EQ(allocator.Allocate(1, kLater - std::chrono::nanoseconds(1)),
            std::nullopt);
  EXPECT_EQ(allocator.Allocate(1, kLater), 1u);
}

TEST(RangeAllocatorTest, HandsOutAgainAtOnceWhatWasNotUsed) {
  RangeAllocator allocator(1, 3);
  ASSERT_EQ(allocator.Allocate(1, kStart), 1u);
  ASSERT_EQ(allocator.Allocate(1, kStart), 2u);
  allocator.Return(1, 1);
  allocator.Return(2, 1);
  EXPECT_EQ(allocator.used(), 0u);
  EXPECT_EQ(allocator.Allocate(2, kStart), 1u);
}

TEST(RangeAllocatorTest, JoinsNeighboursInWhateverOrderTheyComeBack) {
  const uint32_t orders[][3] = {{0, 10, 20}, {0, 20, 10}, {10, 0, 20},
                                {10, 20, 0}, {20, 0, 10}, {20, 10, 0}};
  for (const auto& order : orders) {
    RangeAllocator allocator(0, 30);
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(allocator.Allocate(10, kStart));
    for (uint32_t first : order) allocator.Free(first, 10, kStart);
    EXPECT_EQ(allocator.Allocate(30, kLater), 0u);
  }
}

TEST(RangeAllocatorTest, TakesTheFirstGapThatFits) {
  RangeAllocator allocator(0, 30);
  ASSERT_EQ(allocator.Allocate(5, kStart), 0u);
  ASSERT_EQ(allocator.Allocate(10, kStart), 5u);
  allocator.Free(0, 5, kStart);
  EXPECT_EQ(allocator.Allocate(6, kLater), 15u);
  EXPECT_EQ(allocator.Allocate(5, kLater), 0u);
  EXPECT_EQ(allocator.Allocate(10, kLater), std::nullopt);
}

TEST(RangeAllocatorTest, ReservesWhatIsFree) {
  RangeAllocator allocator(1, 31);
  EXPECT_TRUE(allocator.Reserve(10, 5));
  EXPECT_EQ(allocator.used(), 5u);
  const uint32_t refused[][2] = {{10, 1}, {14, 1}, {9, 2}, {14, 2},
                                 {0, 1},  {31, 1}, {30, 2}};
  for (const auto& [first, length] : refused) {
    EXPECT_FALSE(allocator.Reserve(first, length)) << first;
  }
  EXPECT_EQ(allocator.used(), 5u);
  EXPECT_TRUE(allocator.Reserve(1, 9));
  EXPECT_TRUE(allocator.Reserve(15, 16));
  EXPECT_EQ(allocator.Allocate(1, kStart), std::nullopt);
  allocator.Free(10, 5, kStart);
  EXPECT_EQ(allocator.Allocate(5, kLater), 10u);
}

TEST(RangeAllocatorTest, TellsTheLargestFreeRun) {
  RangeAllocator allocator(0, 30);
  EXPECT_EQ(allocator.LargestFree(), 30u);
  ASSERT_EQ(allocator.Allocate(10, kStart), 0u);
  ASSERT_EQ(allocator.Allocate(15, kStart), 10u);
  EXPECT_EQ(allocator.LargestFree(), 5u);
  allocator.Return(0, 10);
  EXPECT_EQ(allocator.LargestFree(), 10u);
}

}  // namespace
}  // namespace l275
