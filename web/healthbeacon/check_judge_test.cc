#include "web/healthbeacon/check_judge.h"

#include <gtest/gtest.h>

#include <string>

namespace l275 {
namespace {

using std::chrono::milliseconds;

struct Row {
  const char* description;
  CheckJudge::Options options;
  const char* results;   // + good, - bad
  const char* verdicts;  // after each: . none, + good, - bad
};

class CheckJudgeTest : public ::testing::TestWithParam<Row> {};

char SignOf(CheckJudge::Verdict verdict) {
  switch (verdict) {
    case CheckJudge::Verdict::kNone:
      return '.';
    case CheckJudge::Verdict::kGood:
      return '+';
    case CheckJudge::Verdict::kBad:
      return '-';
  }
  return '?';
}

TEST_P(CheckJudgeTest, Verdicts) {
  const Row& row = GetParam();
  SCOPED_TRACE(row.description);
  CheckJudge judge(row.options, CheckTime());
  std::string verdicts;
  char before = '.';
  for (const char* result = row.results; *result != '\0'; ++result) {
    const bool changed = judge.Add(*result == '+', CheckTime());
    const char verdict = SignOf(judge.verdict());
    EXPECT_EQ(changed, verdict != before);
    verdicts += verdict;
    before = verdict;
  }
  EXPECT_EQ(verdicts, row.verdicts);
}

INSTANTIATE_TEST_SUITE_P(
    All, CheckJudgeTest,
    ::testing::Values(
        Row{"by default one bad one is bad, two good ones are good again",
            {},
            "++-+-++-",
            "++----+-"},
        Row{"the first good one is good, whatever rise says",
            {3, 1},
            "+-+++",
            "+---+"},
        Row{"bad ones at the start count as later ones do",
            {2, 3},
            "---++",
            "..--+"},
        Row{"fewer bad ones than fall at the start, then a good one",
            {2, 3},
            "--+--+",
            "..++++"},
        Row{"three bad ones in a row", {1, 3}, "+--+---+", "++++++-+"},
        Row{"three good ones in a row", {3, 1}, "-++-+++", "------+"},
        Row{"one of each", {1, 1}, "+-+-", "+-+-"}));

TEST(CheckJudgeAgeTest, CountsFromTheLastGoodResult) {
  const CheckTime start;
  CheckJudge judge({1, 2}, start);
  EXPECT_EQ(judge.last_good(), start);
  judge.Add(true, start + milliseconds(5));
  judge.Add(false, start + milliseconds(10));
  EXPECT_EQ(judge.verdict(), CheckJudge::Verdict::kGood);
  EXPECT_EQ(judge.last_good(), start + milliseconds(5));
}

}  // namespace
}  // namespace l275
