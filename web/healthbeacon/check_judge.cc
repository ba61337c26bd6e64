#include "web/healthbeacon/check_judge.h"

#include <glog/logging.h>

#include <utility>

namespace l275 {

CheckJudge::CheckJudge(const Options& options, CheckTime now)
    : options_(options), last_good_(now) {
  CHECK_GE(options_.rise, 1);
  CHECK_GE(options_.fall, 1);
}

bool CheckJudge::Add(bool good, CheckTime now) {
  if (good != last_was_good_) in_a_row_ = 0;
  last_was_good_ = good;
  // No more is ever asked for, so it need not count on for years.
  if (in_a_row_ < options_.rise || in_a_row_ < options_.fall) ++in_a_row_;
  if (good) last_good_ = now;
  const Verdict before = std::exchange(verdict_, Judge(good));
  return verdict_ != before;
}

CheckJudge::Verdict CheckJudge::Judge(bool good) const {
  if (good) {
    const bool enough =
        verdict_ == Verdict::kNone || in_a_row_ >= options_.rise;
    return enough ? Verdict::kGood : verdict_;
  }
  return in_a_row_ >= options_.fall ? Verdict::kBad : verdict_;
}

}  // namespace l275
