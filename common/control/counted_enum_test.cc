#include "common/control/counted_enum.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace l275 {
namespace {

using ::testing::ElementsAre;

#define L275_TEST_RESULTS(X)              \
  X(kAccepted, "accepted", "can be used") \
  X(kLate, "late", "came too late")       \
  X(kMalformed, "malformed", "cannot be read")
L275_COUNTED_ENUM(Result, L275_TEST_RESULTS)

TEST(CountedEnumTest, EachValueHasItsWordAndHelp) {
  EXPECT_STREQ(NameOf(Result::kAccepted).word, "accepted");
  EXPECT_STREQ(NameOf(Result::kMalformed).word, "malformed");
  EXPECT_STREQ(NameOf(Result::kMalformed).help, "cannot be read");
}

TEST(CountedEnumTest, AllOfKeepsTheOrderOfTheList) {
  EXPECT_THAT(AllOf<Result>(), ElementsAre(Result::kAccepted, Result::kLate,
                                           Result::kMalformed));
}

TEST(CountedEnumTest, CountsEachValueByItself) {
  EnumCounters<Result> counters;
  counters.Add(Result::kMalformed);
  counters.Add(Result::kMalformed, 4);
  counters.Add(Result::kAccepted);
  EXPECT_EQ(counters.Of(Result::kAccepted), 1u);
  EXPECT_EQ(counters.Of(Result::kLate), 0u);
  EXPECT_EQ(counters.Of(Result::kMalformed), 5u);
}

}  // namespace
}  // namespace l275
