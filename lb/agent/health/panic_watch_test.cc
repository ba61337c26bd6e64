#include "lb/agent/health/panic_watch.h"

#include <gtest/gtest.h>

namespace l275 {
namespace {

using std::chrono::milliseconds;
using Mode = PanicWatch::Mode;

constexpr PanicWatch::Options kOptions = {50, milliseconds(1600)};

HealthTime At(int ms) {
  return HealthTime(std::chrono::hours(1)) + milliseconds(ms);
}

struct Row {
  const char* description;
  PanicWatch::Census census;  // total, up, responding, trustable
  Mode mode;
};

class PanicWatchRowTest : public ::testing::TestWithParam<Row> {};

TEST_P(PanicWatchRowTest, FromCalm) {
  PanicWatch watch;
  watch.Update(kOptions, GetParam().census, At(0));
  EXPECT_STREQ(PanicWord(watch.mode()), PanicWord(GetParam().mode))
      << GetParam().description;
}

INSTANTIATE_TEST_SUITE_P(
    All, PanicWatchRowTest,
    ::testing::Values(
        Row{"all well", {4, 4, 4, 0}, Mode::kCalm},
        Row{"one silent, the others heard", {4, 3, 3, 1}, Mode::kCalm},
        Row{"half of them silent", {4, 2, 2, 2}, Mode::kCalm},
        Row{"one of two silent", {2, 1, 1, 1}, Mode::kCalm},
        Row{"one silent, one of three others heard",
            {4, 3, 1, 1},
            Mode::kSuspecting},
        Row{"one silent, no other heard", {4, 3, 0, 1}, Mode::kSuspecting},
        Row{"others missed beacons, none silent", {4, 4, 0, 0}, Mode::kCalm},
        Row{"most are silent", {4, 1, 1, 3}, Mode::kPanic},
        Row{"the only one is silent", {1, 0, 0, 1}, Mode::kPanic},
        Row{"one silent, the others down", {4, 0, 0, 1}, Mode::kPanic},
        Row{"all down: nobody to trust", {4, 0, 0, 0}, Mode::kCalm},
        Row{"no backends", {0, 0, 0, 0}, Mode::kCalm}));

TEST(PanicWatchTest, SuspicionEndsWhenTheOthersSpeak) {
  PanicWatch watch;
  EXPECT_TRUE(watch.Update(kOptions, {4, 3, 1, 1}, At(0)));
  EXPECT_FALSE(watch.Update(kOptions, {4, 3, 1, 1}, At(25)));
  EXPECT_TRUE(watch.Update(kOptions, {4, 3, 2, 1}, At(50)));
  EXPECT_EQ(watch.mode(), Mode::kCalm);
  EXPECT_EQ(watch.panics(), 0u);
}

TEST(PanicWatchTest, SuspicionBecomesPanicWhenTheyFallSilentToo) {
  PanicWatch watch;
  watch.Update(kOptions, {4, 3, 0, 1}, At(0));
  watch.Update(kOptions, {4, 2, 0, 2}, At(25));
  EXPECT_EQ(watch.mode(), Mode::kSuspecting);
  watch.Update(kOptions, {4, 1, 0, 3}, At(50));
  EXPECT_EQ(watch.mode(), Mode::kPanic);
  EXPECT_EQ(watch.since(), At(50));
  EXPECT_EQ(watch.panics(), 1u);
}

TEST(PanicWatchTest, PanicEndsWhenTheThresholdIsReachedForAWhile) {
  PanicWatch watch;
  watch.Update(kOptions, {4, 0, 0, 4}, At(0));
  EXPECT_FALSE(watch.Update(kOptions, {4, 2, 2, 2}, At(1000)));
  EXPECT_FALSE(watch.Update(kOptions, {4, 2, 2, 2}, At(2599)));
  EXPECT_TRUE(watch.Update(kOptions, {4, 2, 2, 2}, At(2600)));
  EXPECT_EQ(watch.mode(), Mode::kCalm);
}

TEST(PanicWatchTest, TheWhileBeginsAnewWhenTheThresholdIsLost) {
  PanicWatch watch;
  watch.Update(kOptions, {4, 0, 0, 4}, At(0));
  watch.Update(kOptions, {4, 2, 2, 2}, At(1000));
  watch.Update(kOptions, {4, 2, 1, 2}, At(2000));
  watch.Update(kOptions, {4, 2, 2, 2}, At(2100));
  EXPECT_FALSE(watch.Update(kOptions, {4, 2, 2, 2}, At(3699)));
  EXPECT_TRUE(watch.Update(kOptions, {4, 2, 2, 2}, At(3700)));
}

TEST(PanicWatchTest, PanicEndsAtOnceWhenNobodyIsLeftToTrust) {
  PanicWatch watch;
  watch.Update(kOptions, {4, 0, 0, 4}, At(0));
  EXPECT_TRUE(watch.Update(kOptions, {4, 4, 4, 0}, At(1)));
  EXPECT_EQ(watch.mode(), Mode::kCalm);
}

TEST(PanicWatchTest, ZeroPercentNeverPanics) {
  PanicWatch watch;
  EXPECT_FALSE(watch.Update({0, milliseconds(1)}, {4, 0, 0, 4}, At(0)));
  EXPECT_EQ(watch.mode(), Mode::kCalm);
}

TEST(PanicWatchTest, AHundredPercentPanicsAtTheFirstSilence) {
  PanicWatch watch;
  watch.Update({100, milliseconds(1)}, {4, 3, 3, 1}, At(0));
  EXPECT_EQ(watch.mode(), Mode::kPanic);
}

}  // namespace
}  // namespace l275
