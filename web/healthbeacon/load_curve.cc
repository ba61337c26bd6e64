#include "web/healthbeacon/load_curve.h"

#include <glog/logging.h>

#include <algorithm>
#include <cmath>

namespace l275 {

LoadCurve::LoadCurve(int floor, Time now) : floor_(floor), last_add_(now) {
  CHECK_GE(floor, 1);
  CHECK_LE(floor, 100);
}

bool LoadCurve::Add(double busy, Time now) {
  Smooth(busy, now);
  if (last_step_ && now - *last_step_ < kBetweenSteps) return false;
  const int next = Next();
  if (next == percent_) return false;
  last_step_was_down_ = next < percent_;
  percent_ = next;
  last_step_ = now;
  return true;
}

// https://en.wikipedia.org/wiki/Exponential_smoothing, for samples that are not
// the same time apart.
void LoadCurve::Smooth(double busy, Time now) {
  using Seconds = std::chrono::duration<double>;
  const double past = std::exp(-Seconds(now - last_add_) / Seconds(kSmoothing));
  smoothed_ = past * smoothed_ + (1 - past) * std::clamp(busy, 0.0, 1.0);
  last_add_ = now;
}

int LoadCurve::Next() const {
  const int down = last_step_ && !last_step_was_down_ ? 2 * kStep : kStep;
  const int up = last_step_ && last_step_was_down_ ? 2 * kStep : kStep;
  const int target = Target();
  if (target <= std::max(floor_, percent_ - down)) {
    return std::max(floor_, percent_ - kStep);
  }
  if (target >= std::min(100, percent_ + up)) {
    return std::min(100, percent_ + kStep);
  }
  return percent_;
}

int LoadCurve::Target() const {
  const double over = (smoothed_ - kBusyFrom) / (kBusyTo - kBusyFrom);
  const double part = std::clamp(over, 0.0, 1.0);
  return static_cast<int>(std::lround(100 - part * (100 - floor_)));
}

}  // namespace l275
