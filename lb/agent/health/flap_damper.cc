#include "lb/agent/health/flap_damper.h"

#include <algorithm>

namespace l275 {
namespace {

constexpr int kLongestHold = 64;  // times the first

}  // namespace

void FlapDamper::OnChange(const Options& options, HealthTime now) {
  ++total_;
  changes_.push_back(now);
  while (changes_.size() > static_cast<size_t>(options.max_changes)) {
    changes_.pop_front();
  }
}

bool FlapDamper::MayReturn(const Options& options, HealthTime now) {
  if (held_until_.has_value()) {
    if (now < *held_until_) return false;
    released_ = now;
    held_until_.reset();
    changes_.clear();
    return true;
  }
  while (!changes_.empty() && now - changes_.front() > options.window) {
    changes_.pop_front();
  }
  if (options.max_changes == 0 ||
      changes_.size() < static_cast<size_t>(options.max_changes)) {
    return true;
  }
  Hold(options, now);
  return false;
}

void FlapDamper::Hold(const Options& options, HealthTime now) {
  const bool again =
      released_.has_value() && now - *released_ <= options.window + hold_;
  hold_ = again ? std::min<HealthTime::duration>(
                      2 * hold_, kLongestHold * options.first_hold)
                : options.first_hold;
  held_until_ = now + hold_;
  ++holds_;
}

void FlapDamper::OnRelapse(HealthTime now) {
  if (held_until_.has_value()) held_until_ = now + hold_;
}

}  // namespace l275
