#include "lb/agent/health/subject_state.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace l275 {
namespace {

using std::chrono::milliseconds;

// Each change of a weight builds a table: not more often than this.
constexpr milliseconds kShortestWeight{1000};
// Likewise for a server that begins and ends to drain.
constexpr milliseconds kShortestDrain{1000};
constexpr milliseconds kMostJitter{50};
// A sender that was silent for so many intervals has missed beacons.
constexpr int kQuietIntervals = 4;

int64_t MillisecondsBetween(HealthTime from, HealthTime to) {
  return std::chrono::duration_cast<milliseconds>(to - from).count();
}

// Why a beacon counts as "down"; empty if it does not.
std::string ReasonForDown(const BeaconMessage& message) {
  if (message.state == BeaconMessage::State::kDown) {
    return "its beacon says so";
  }
  if (message.check_validity_ms != 0 &&
      message.check_age_ms > message.check_validity_ms) {
    return absl::StrCat("its check is stale: ", message.check_age_ms,
                        " ms old, expected at most ",
                        message.check_validity_ms);
  }
  return "";
}

}  // namespace

milliseconds SubjectState::SilenceAfter(milliseconds timeout,
                                        milliseconds interval) {
  return timeout + std::min(interval / 2, kMostJitter);
}

SubjectState::SubjectState(const Options* options, HealthTime now,
                           HealthTime start_end)
    : options_(options), start_end_(start_end), last_change_(now) {}

void SubjectState::Presume(bool draining, HealthTime now) {
  drains_ = draining && (!presumed_ || drains_);
  state_ = ReportedState();
  reason_ = "it was when the earlier agent ended";
  presumed_ = true;
  last_beacon_ = now;
  interval_ = options_->timeout;
}

SubjectState::Transition SubjectState::OnBeacon(const BeaconMessage& message,
                                                bool trusted, HealthTime now) {
  const Health from = state_;
  const uint16_t weight = weight_;
  const bool drained = drains_;
  if (last_beacon_.has_value() && now - *last_beacon_ >= options_->timeout) {
    ups_in_a_row_ = 0;
  }
  presumed_ = false;
  last_beacon_ = now;
  interval_ = milliseconds(message.interval_ms);
  key_id_ = message.key_id;
  loss_.OnBeacon(message.epoch, message.sequence);
  UpdateWeight(message.weight, now);
  const std::string reason_for_down = ReasonForDown(message);
  if (reason_for_down.empty()) {
    OnUp(message.state == BeaconMessage::State::kDraining, trusted, now);
  } else {
    OnDown(reason_for_down, now);
  }
  const bool share_changed =
      weight_ != weight || (from == Health::kDamped && drains_ != drained);
  return {from, state_, share_changed};
}

SubjectState::Transition SubjectState::OnTime(HealthTime now) {
  const Health from = state_;
  if (SilentAt().value_or(HealthTime::max()) <= now) {
    ChangeState(Health::kSilent,
                absl::StrCat("no beacon for ",
                             MillisecondsBetween(*last_beacon_, now), " ms"),
                now);
  }
  return {from, state_};
}

std::optional<HealthTime> SubjectState::SilentAt() const {
  if (!IsUp(state_) && state_ != Health::kDamped) return std::nullopt;
  return *last_beacon_ + SilenceAfter(options_->timeout, interval_);
}

bool SubjectState::IsQuiet(HealthTime now) const {
  const milliseconds limit =
      std::min(options_->timeout / 2, kQuietIntervals * interval_);
  return now - *last_beacon_ > limit;
}

void SubjectState::OnDown(const std::string& reason, HealthTime now) {
  ups_in_a_row_ = 0;
  flaps_.OnRelapse(now);
  if (state_ == Health::kDown) return;
  if (IsUp(state_) || state_ == Health::kSilent) {
    flaps_.OnChange(options_->flaps, now);
  }
  ChangeState(Health::kDown, reason, now);
}

void SubjectState::OnUp(bool draining, bool trusted, HealthTime now) {
  ++ups_in_a_row_;
  UpdateDraining(draining, now);
  if (IsUp(state_)) {
    if (state_ != ReportedState()) {
      ChangeState(ReportedState(), "its beacon says so", now);
    }
    return;
  }
  const bool starting = state_ == Health::kUnknown && now < start_end_;
  if (ups_in_a_row_ < (trusted || starting ? 1 : options_->up_after)) return;
  if (MayComeUp(trusted, now)) {
    ChangeState(ReportedState(), ReasonForUp(), now);
  } else if (state_ != Health::kDamped) {
    ChangeState(Health::kDamped, ReasonForDamping(now), now);
  }
}

// Asks the damper, and counts the changes. A silence counts when it ends: only
// then is it known whether services still sent traffic, which makes it none.
bool SubjectState::MayComeUp(bool trusted, HealthTime now) {
  if (state_ == Health::kUnknown) return true;
  const bool was_up = state_ == Health::kSilent && IsUp(previous_);
  if (was_up && trusted) return true;
  if (was_up) flaps_.OnChange(options_->flaps, last_change_);
  // Only time without a break, in which it reports up, shortens a damping.
  if (state_ != Health::kDamped) flaps_.OnRelapse(now);
  if (!flaps_.MayReturn(options_->flaps, now)) return false;
  flaps_.OnChange(options_->flaps, now);
  return true;
}

// The begin of a drain is urgent, its end is not.
void SubjectState::UpdateDraining(bool draining, HealthTime now) {
  if (draining == drains_) return;
  if (!draining && drains_changed_.has_value() &&
      now - *drains_changed_ < kShortestDrain) {
    return;
  }
  drains_ = draining;
  drains_changed_ = now;
}

void SubjectState::UpdateWeight(uint16_t weight, HealthTime now) {
  if (weight == weight_) return;
  if (weight_changed_.has_value() && now - *weight_changed_ < kShortestWeight) {
    return;
  }
  weight_ = weight;
  weight_changed_ = now;
}

void SubjectState::ChangeState(Health next, const std::string& reason,
                               HealthTime now) {
  previous_ = std::exchange(state_, next);
  last_change_ = now;
  reason_ = reason;
  has_beacon_ = true;
}

Health SubjectState::ReportedState() const {
  return drains_ ? Health::kDraining : Health::kUp;
}

std::string SubjectState::ReasonForUp() const {
  if (ups_in_a_row_ > 1) {
    return absl::StrCat(ups_in_a_row_, " beacons in a row say so");
  }
  return state_ == Health::kUnknown ? "its first beacon" : "its beacon says so";
}

std::string SubjectState::ReasonForDamping(HealthTime now) const {
  return absl::StrCat("it says up, but changed ", flaps_.recent_changes(),
                      " times within ", options_->flaps.window.count(),
                      " s; has to stay up for ",
                      MillisecondsBetween(now, *flaps_.damped_until()), " ms");
}

}  // namespace l275
