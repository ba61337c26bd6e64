#include "lb/agent/health/flap_damper.h"

#include <algorithm>

namespace l275 {
namespace {

constexpr int kLongestDamping = 64;  // in units of the first

}  // namespace

void FlapDamper::OnChange(const Options& options, HealthTime now) {
  ++total_;
  changes_.push_back(now);
  while (changes_.size() > static_cast<size_t>(options.max_changes)) {
    changes_.pop_front();
  }
}

bool FlapDamper::MayReturn(const Options& options, HealthTime now) {
  if (damped_until_.has_value()) {
    if (now < *damped_until_) return false;
    released_ = now;
    damped_until_.reset();
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
  Damp(options, now);
  return false;
}

void FlapDamper::Damp(const Options& options, HealthTime now) {
  const bool again =
      released_.has_value() && now - *released_ <= options.window + damping_;
  damping_ = again ? std::min<HealthTime::duration>(
                         2 * damping_, kLongestDamping * options.first_damping)
                   : options.first_damping;
  damped_until_ = now + damping_;
  ++dampings_;
}

void FlapDamper::OnRelapse(HealthTime now) {
  if (damped_until_.has_value()) damped_until_ = now + damping_;
}

}  // namespace l275
