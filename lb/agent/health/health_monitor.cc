#include "lb/agent/health/health_monitor.h"

#include <glog/logging.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace l275 {
namespace {

using std::chrono::milliseconds;

Health HealthOf(BeaconMessage::State state) {
  return state == BeaconMessage::State::kUp ? Health::kUp : Health::kDown;
}

int64_t MillisecondsBetween(HealthTime from, HealthTime to) {
  return std::chrono::duration_cast<milliseconds>(to - from).count();
}

// Why a beacon changed the state.
std::string ReasonOf(const BackendHealth& backend, Health next,
                     HealthTime now) {
  if (next == Health::kDown) return "its beacon says so";
  if (!backend.last_beacon) return "its first beacon";
  return absl::StrCat("a beacon, ",
                      MillisecondsBetween(*backend.last_beacon, now),
                      " ms after the one before");
}

}  // namespace

HealthMonitor::HealthMonitor(const Options& options,
                             std::function<void()> on_change)
    : options_(options), on_change_(std::move(on_change)) {
  CHECK_GT(options_.timeout.count(), 0);
  CHECK(on_change_);
}

void HealthMonitor::ChangeState(Ipv4Address address, Health next,
                                HealthTime now, const std::string& reason,
                                BackendHealth* backend) {
  changes_log_.Log(
      absl::StrCat("backend ", address.ToString(), " is ", HealthWord(next),
                   " (was ", HealthWord(backend->state), "): ", reason),
      now);
  backend->state = next;
  backend->last_change = now;
}

void HealthMonitor::SetBackends(const std::set<Ipv4Address>& backends,
                                HealthTime now) {
  HealthView next;
  for (Ipv4Address address : backends) {
    const auto known = backends_.find(address);
    BackendHealth& backend = next[address];
    if (known != backends_.end()) {
      backend = known->second;
    } else {
      backend.last_change = now;
    }
  }
  backends_ = std::move(next);
  for (auto it = warnings_.begin(); it != warnings_.end();) {
    it = backends.count(it->first) > 0 ? std::next(it) : warnings_.erase(it);
  }
}

void HealthMonitor::PresumeUp(const std::set<Ipv4Address>& backends,
                              HealthTime now) {
  for (Ipv4Address address : backends) {
    BackendHealth& backend = backends_[address];
    backend.state = Health::kUp;
    backend.last_change = now;
    backend.last_beacon = now;
  }
}

void HealthMonitor::OnBeacon(const BeaconMessage& message, HealthTime now) {
  changes_log_.Tick(now);
  const auto found = backends_.find(message.address);
  if (found == backends_.end()) {
    ++counters_.unknown_sender;
    return;
  }
  BackendHealth& backend = found->second;
  if (!IsNews(backend, message, now)) {
    ++counters_.stale;
    return;
  }
  ++counters_.accepted;
  WarnOfLongInterval(backend, message, now);
  const Health next = HealthOf(message.state);
  const bool changed = next != backend.state;
  if (changed) {
    ChangeState(message.address, next, now, ReasonOf(backend, next, now),
                &backend);
  }
  backend.last_beacon = now;
  backend.interval = milliseconds(message.interval_ms);
  backend.epoch = message.epoch;
  backend.sequence = message.sequence;
  if (changed) on_change_();
}

void HealthMonitor::OnMalformed(const absl::Status& why, Ipv4Address sender) {
  ++counters_.malformed;
  LOG_EVERY_T(WARNING, 60) << "ignoring what " << sender.ToString()
                           << " sent to the beacon group: " << why.message();
}

void HealthMonitor::ExpireSilent(HealthTime now) {
  changes_log_.Tick(now);
  bool changed = false;
  for (auto& [address, backend] : backends_) {
    if (backend.state != Health::kUp) continue;
    if (now - *backend.last_beacon < options_.timeout) continue;
    ChangeState(
        address, Health::kSilent, now,
        absl::StrCat("no beacon for ",
                     MillisecondsBetween(*backend.last_beacon, now), " ms"),
        &backend);
    changed = true;
  }
  if (changed) on_change_();
}

std::optional<HealthTime> HealthMonitor::NextExpiry() const {
  std::optional<HealthTime> next;
  for (const auto& [address, backend] : backends_) {
    if (backend.state != Health::kUp) continue;
    const HealthTime expiry = *backend.last_beacon + options_.timeout;
    next = next ? std::min(*next, expiry) : expiry;
  }
  return next;
}

bool HealthMonitor::IsNews(const BackendHealth& backend,
                           const BeaconMessage& message, HealthTime now) const {
  if (!backend.last_beacon) return true;
  if (message.epoch == backend.epoch) {
    return message.sequence > backend.sequence;
  }
  return message.epoch > backend.epoch ||
         now - *backend.last_beacon >= options_.timeout;
}

// A third of the timeout leaves room for two lost beacons. Quiet while the
// interval is the one warned of; a sender that alternates is heard of at most
// once a minute.
void HealthMonitor::WarnOfLongInterval(const BackendHealth& backend,
                                       const BeaconMessage& message,
                                       HealthTime now) {
  const milliseconds interval(message.interval_ms);
  if (interval * 3 <= options_.timeout) return;
  const auto [last, is_first] =
      warnings_.try_emplace(message.address, IntervalWarning{now, interval});
  if (!is_first) {
    if (interval == backend.interval && interval == last->second.interval) {
      return;
    }
    if (now - last->second.at < std::chrono::minutes(1)) return;
    last->second = {now, interval};
  }
  LOG(WARNING) << "backend " << message.address.ToString()
               << " sends a beacon every " << interval.count()
               << " ms, more than a third of the timeout of "
               << options_.timeout.count()
               << " ms: a few lost ones make it silent";
}

}  // namespace l275
