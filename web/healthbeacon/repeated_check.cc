#include "web/healthbeacon/repeated_check.h"

#include <glog/logging.h>

#include <algorithm>
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
      timer_(evtimer_new(
          base,
          [](evutil_socket_t, short, void* self) {
            static_cast<RepeatedCheck*>(self)->OnTimer();
          },
          this)),
      check_(std::move(check)) {
  CHECK(timer_ != nullptr);
}

void RepeatedCheck::Start() { ArmTimer(CheckTime::duration(0)); }

void RepeatedCheck::OnTimer() {
  if (!running_) return Begin();
  check_->Cancel();
  End(absl::DeadlineExceededError(
      absl::StrCat("no answer within ", options_.timeout.count(), " ms")));
}

void RepeatedCheck::Begin() {
  running_ = true;
  began_ = std::chrono::steady_clock::now();
  ArmTimer(options_.timeout);
  check_->Start([this](const absl::Status& result) { End(result); });
}

void RepeatedCheck::End(const absl::Status& result) {
  running_ = false;
  const CheckTime now = std::chrono::steady_clock::now();
  ArmTimer(std::max(began_ + options_.interval - now, CheckTime::duration(0)));
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

void RepeatedCheck::ArmTimer(CheckTime::duration delay) {
  const auto delay_us =
      std::chrono::duration_cast<std::chrono::microseconds>(delay).count();
  timeval value;
  value.tv_sec = delay_us / 1'000'000;
  value.tv_usec = delay_us % 1'000'000;
  CHECK_EQ(evtimer_add(timer_.get(), &value), 0);
}

}  // namespace l275
