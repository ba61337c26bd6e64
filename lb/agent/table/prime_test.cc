#include "lb/agent/table/prime.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace l275 {
namespace {

TEST(IsPrimeTest, TellsPrimes) {
  for (uint32_t prime : {2u, 3u, 5u, 251u, 16381u, 65537u, 655373u}) {
    EXPECT_TRUE(IsPrime(prime)) << prime;
  }
  for (uint32_t other : {0u, 1u, 4u, 9u, 65536u, 65535u, 16381u * 3}) {
    EXPECT_FALSE(IsPrime(other)) << other;
  }
}

TEST(CheckTableSizeTest, NamesTheNearestPrime) {
  EXPECT_TRUE(CheckTableSize(65537).ok());
  EXPECT_EQ(CheckTableSize(65536).message(),
            "table size 65536 is no prime; the nearest one is 65537");
  EXPECT_EQ(CheckTableSize(65540).message(),
            "table size 65540 is no prime; the nearest one is 65539");
  EXPECT_EQ(CheckTableSize(4).message(),
            "table size 4 is no prime; the nearest one is 5");
  EXPECT_EQ(CheckTableSize(0).message(),
            "table size 0: expected a prime from 2 to 8388608");
  EXPECT_FALSE(CheckTableSize(kMaxTableSize + 1).ok());
}

TEST(CheckTableSizeTest, NamesNoPrimeOutOfRange) {
  for (uint32_t size : {8388600u, kMaxTableSize}) {
    EXPECT_EQ(CheckTableSize(size).message(),
              absl::StrCat("table size ", size,
                           " is no prime; the nearest one is 8388593"));
  }
  EXPECT_TRUE(CheckTableSize(8388593).ok());
}

}  // namespace
}  // namespace l275
