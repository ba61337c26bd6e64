#include "web/healthbeacon/health_checks.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/event/libevent_ptr.h"
#include "common/testing/log_capture.h"
#include "common/testing/run_until.h"

namespace l275 {
namespace {

using std::chrono::milliseconds;
using Verdict = CheckJudge::Verdict;

// Checks of /bin/true and /bin/false, and of a file that the test makes or not.
class HealthChecksTest : public ::testing::Test {
 protected:
  HealthChecks Make(const std::string& checks, int rise = 1) {
    HealthChecks::Options options;
    options.checks = *ParseChecks(checks);
    options.repeat = {milliseconds(20), milliseconds(5000), {rise, 1}};
    return HealthChecks(base_.get(), options, [this] { ++changes_; });
  }

  bool RunUntilIs(const HealthChecks& checks, Verdict verdict) {
    return RunUntil(base_.get(), [&] { return checks.verdict() == verdict; });
  }

  EventBasePtr base_{event_base_new()};
  LogCapture log_;
  int changes_ = 0;
};

TEST_F(HealthChecksTest, WithoutChecksTheHostIsGood) {
  HealthChecks checks = Make("");
  checks.Start();
  EXPECT_EQ(checks.verdict(), Verdict::kGood);
  EXPECT_EQ(checks.Age(std::chrono::steady_clock::now()), milliseconds(0));
  EXPECT_EQ(checks.Validity(), milliseconds(0));
  EXPECT_EQ(changes_, 0);
}

TEST_F(HealthChecksTest, AllHaveToBeGood) {
  HealthChecks checks = Make("exec:/bin/true,exec:/usr/bin/true");
  EXPECT_EQ(checks.verdict(), Verdict::kNone);
  checks.Start();
  EXPECT_TRUE(RunUntilIs(checks, Verdict::kGood));
  EXPECT_EQ(changes_, 1);
}

TEST_F(HealthChecksTest, OneBadOneSuffices) {
  HealthChecks checks = Make("exec:/bin/true,exec:/bin/false", 1000);
  checks.Start();
  EXPECT_TRUE(RunUntilIs(checks, Verdict::kBad));
  EXPECT_EQ(changes_, 1);
}

TEST_F(HealthChecksTest, AgeIsOfTheOldestCheck) {
  HealthChecks checks = Make("exec:/bin/true,exec:/bin/false");
  const CheckTime start = std::chrono::steady_clock::now();
  checks.Start();
  EXPECT_TRUE(RunUntilIs(checks, Verdict::kBad));
  // One of them never was good: as old as its beginning.
  EXPECT_GE(checks.Age(start + milliseconds(1000)), milliseconds(999));
}

TEST_F(HealthChecksTest, ValidityFollowsFromTheSettings) {
  HealthChecks::Options options;
  options.checks = *ParseChecks("exec:/bin/true");
  const auto validity = [&] {
    return HealthChecks(base_.get(), options, [] {}).Validity().count();
  };
  EXPECT_EQ(validity(), 200 + 500 + 100);
  options.repeat.judge.fall = 3;
  EXPECT_EQ(validity(), 200 + 500 + 2 * 500 + 100);
  options.repeat.interval = milliseconds(2000);
  EXPECT_EQ(validity(), 2000 + 500 + 2 * 2000 + 100);
}

}  // namespace
}  // namespace l275
