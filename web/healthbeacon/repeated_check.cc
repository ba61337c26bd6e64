#include "web/healthbeacon/repeated_check.h"

#include <glog/logging.h>

#include <utility>

#include "absl/strings/str_cat.h"

namespace l275 {

RepeatedCheck::RepeatedCheck(event_base* base, std::string name,
                             const Options& options,
                             std::unique_ptr<Check> check,
                             std::function<void()> on_change)
    : name_(std::move(name)),
      options_(options),
      on_change_(std::move(on_change)),
      judge_(options.judge, std::chrono::steady_clock::now()),
      log_(base, absl::StrCat("results of check ", name_), google::GLOG_INFO,
           kLogLines),
      timer_(base, [this] { OnTimer(); }),
      check_(std::move(check)) {}

void RepeatedCheck::Start() { timer_.Start(CheckTime::duration(0)); }

void RepeatedCheck::OnTimer() {
  if (!running_) return Begin();
  check_->Cancel();
  End(absl::DeadlineExceededError(
      absl::StrCat("no answer within ", options_.timeout.count(), " ms")));
}

void RepeatedCheck::Begin() {
  running_ = true;
  began_ = std::chrono::steady_clock::now();
  timer_.Start(options_.timeout);
  check_->Start([this](const absl::Status& result) { End(result); });
}

void RepeatedCheck::End(const absl::Status& result) {
  running_ = false;
  const CheckTime now = std::chrono::steady_clock::now();
  timer_.StartAt(began_ + options_.interval);
  if (!judge_.Add(result.ok(), now)) return;
  LogVerdict(result);
  on_change_();
}

void RepeatedCheck::LogVerdict(const absl::Status& result) {
  if (judge_.verdict() == CheckJudge::Verdict::kGood) {
    log_.Log(google::GLOG_INFO, absl::StrCat("check ", name_, " is good"));
  } else {
    log_.Log(google::GLOG_WARNING,
             absl::StrCat("check ", name_, " failed: ", result.message()));
  }
}

}  // namespace l275
