#include "web/healthbeacon/repeated_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "common/event/libevent_ptr.h"
#include "common/testing/log_capture.h"
#include "common/testing/run_until.h"

namespace l275 {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using ::testing::ElementsAre;
using ::testing::SizeIs;
using Verdict = CheckJudge::Verdict;

// What the test decides about a check's runs.
struct Script {
  bool answers = true;
  absl::Status result;
  int runs = 0;
  int cancelled = 0;
  std::vector<CheckTime> began;
};

class ScriptedCheck : public Check {
 public:
  explicit ScriptedCheck(Script* script) : script_(*script) {}

  void Start(Done done) override {
    ++script_.runs;
    script_.began.push_back(steady_clock::now());
    if (script_.answers) done(script_.result);
  }
  void Cancel() override { ++script_.cancelled; }

 private:
  Script& script_;
};

class RepeatedCheckTest : public ::testing::Test {
 protected:
  RepeatedCheck Make(const RepeatedCheck::Options& options) {
    return RepeatedCheck(base_.get(), "tcp:127.0.0.1:80", options,
                         std::make_unique<ScriptedCheck>(&script_),
                         [this] { ++changes_; });
  }

  void RunUntilRuns(int runs) {
    ASSERT_TRUE(RunUntil(base_.get(), [&] { return script_.runs >= runs; }));
  }

  EventBasePtr base_{event_base_new()};
  Script script_;
  LogCapture log_;
  int changes_ = 0;
};

constexpr RepeatedCheck::Options kFast = {
    milliseconds(10), milliseconds(30), {2, 1}};

TEST_F(RepeatedCheckTest, RunsAnIntervalApart) {
  RepeatedCheck check = Make(kFast);
  const auto begin = steady_clock::now();
  check.Start();
  EXPECT_EQ(script_.runs, 0);
  RunUntilRuns(5);
  // Four intervals of 10 ms; the loop's clock is coarse.
  EXPECT_GE(script_.began.back() - begin, milliseconds(20));
  EXPECT_EQ(script_.cancelled, 0);
}

TEST_F(RepeatedCheckTest, EachChangeIsOneLine) {
  RepeatedCheck check = Make(kFast);
  check.Start();
  RunUntilRuns(4);
  EXPECT_EQ(check.verdict(), Verdict::kGood);
  script_.result = absl::UnavailableError("status 503");
  RunUntilRuns(7);
  EXPECT_EQ(check.verdict(), Verdict::kBad);
  script_.result = absl::OkStatus();
  RunUntilRuns(10);
  EXPECT_EQ(check.verdict(), Verdict::kGood);
  EXPECT_EQ(changes_, 3);
  EXPECT_THAT(log_.Take(),
              ElementsAre("check tcp:127.0.0.1:80 is good",
                          "check tcp:127.0.0.1:80 failed: status 503",
                          "check tcp:127.0.0.1:80 is good"));
}

TEST_F(RepeatedCheckTest, AServiceThatComesAndGoesDoesNotFillTheLog) {
  RepeatedCheck::Options options = kFast;
  options.judge.rise = 1;
  RepeatedCheck check = Make(options);
  check.Start();
  for (int run = 1; run <= 120; ++run) {
    script_.result =
        run % 2 == 0 ? absl::UnavailableError("busy") : absl::OkStatus();
    RunUntilRuns(run);
  }
  EXPECT_EQ(changes_, 120);
  EXPECT_THAT(log_.Take(), SizeIs(RepeatedCheck::kLogLines));
}

TEST_F(RepeatedCheckTest, ARunWithoutAnAnswerIsCancelledAndBad) {
  RepeatedCheck check = Make(kFast);
  script_.answers = false;
  const auto begin = steady_clock::now();
  check.Start();
  RunUntilRuns(2);
  EXPECT_GE(steady_clock::now() - begin, milliseconds(25));
  EXPECT_EQ(script_.cancelled, 1);
  EXPECT_EQ(check.verdict(), Verdict::kBad);
  EXPECT_THAT(log_.Take(), ElementsAre("check tcp:127.0.0.1:80 failed: no "
                                       "answer within 30 ms"));
}

TEST_F(RepeatedCheckTest, KnowsTheLastGoodRun) {
  RepeatedCheck check = Make(kFast);
  check.Start();
  RunUntilRuns(2);
  const CheckTime good = check.last_good();
  EXPECT_GE(good, script_.began.back());
  script_.result = absl::UnavailableError("");
  RunUntilRuns(4);
  EXPECT_EQ(check.last_good(), good);
}

}  // namespace
}  // namespace l275
