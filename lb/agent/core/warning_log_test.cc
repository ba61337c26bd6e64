#include "lb/agent/core/warning_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "common/testing/log_capture.h"

namespace l275 {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

control::Warning Make(const std::string& check, const std::string& subject,
                      const std::string& text) {
  control::Warning warning;
  warning.set_check(check);
  warning.set_subject(subject);
  warning.set_text(text);
  return warning;
}

class WarningLogTest : public ::testing::Test {
 protected:
  void Update(const std::vector<control::Warning>& warnings) {
    now_ += std::chrono::seconds(1);
    log_.Update(warnings, now_);
  }

  WarningLog log_;
  LogCapture lines_;
  HealthTime now_ = HealthTime(std::chrono::hours(1));
};

TEST_F(WarningLogTest, LogsTheBeginAndTheEnd) {
  Update({Make("panic", "a", "panic in a")});
  EXPECT_THAT(lines_.Take(), ElementsAre("warning: panic in a"));
  Update({Make("panic", "a", "panic in a")});
  EXPECT_THAT(lines_.Take(), IsEmpty());
  Update({});
  EXPECT_THAT(lines_.Take(), ElementsAre("over: panic in a"));
}

TEST_F(WarningLogTest, ANewNumberIsNoNewWarning) {
  Update({Make("split_brain", "10.0.0.200", "for 1 s")});
  EXPECT_THAT(lines_.Take(), ElementsAre("warning: for 1 s"));
  Update({Make("split_brain", "10.0.0.200", "for 2 s")});
  EXPECT_THAT(lines_.Take(), IsEmpty());
  Update({});
  EXPECT_THAT(lines_.Take(), ElementsAre("over: for 2 s"));
}

TEST_F(WarningLogTest, TellsSubjectsApart) {
  Update({Make("panic", "a", "panic in a")});
  lines_.Take();
  Update({Make("panic", "b", "panic in b")});
  EXPECT_THAT(lines_.Take(),
              ElementsAre("warning: panic in b", "over: panic in a"));
}

TEST_F(WarningLogTest, ManyAtOnceAreLimited) {
  std::vector<control::Warning> warnings;
  for (int i = 0; i < 1000; ++i) {
    warnings.push_back(Make("no_backend", std::to_string(i), "none"));
  }
  Update(warnings);
  EXPECT_EQ(lines_.Take().size(), 100u);
}

}  // namespace
}  // namespace l275
