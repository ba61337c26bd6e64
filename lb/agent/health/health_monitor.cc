#include "lb/agent/health/health_monitor.h"

#include <glog/logging.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"

namespace l275 {
namespace {

using std::chrono::milliseconds;

// How often a service that is not calm is updated.
constexpr milliseconds kPanicTick{25};

// Erases the elements of `map` whose keys are not in `keys`, a map or a set.
template <typename Keys, typename Map>
void KeepOnly(const Keys& keys, Map* map) {
  for (auto it = map->begin(); it != map->end();) {
    it = keys.count(it->first) > 0 ? std::next(it) : map->erase(it);
  }
}

}  // namespace

HealthMonitor::HealthMonitor(const Options& options,
                             std::function<void()> on_change)
    : options_(options),
      panic_options_{options.panic_percent, options.timeout},
      on_change_(std::move(on_change)),
      changes_log_("changes of backends' states", options.log_lines_per_second),
      panics_log_("panics", options.log_lines_per_second, google::GLOG_ERROR) {
  CHECK_GT(options_.timeout.count(), 0);
  CHECK_GT(options_.up_after, 0);
  CHECK(on_change_);
}

void HealthMonitor::SetKnownSenders(std::set<HealthSubject> senders) {
  known_senders_ = std::move(senders);
}

void HealthMonitor::PresumeUp(std::map<HealthSubject, bool> draining) {
  presumed_draining_ = std::move(draining);
}

void HealthMonitor::SetServices(const HealthServices& services,
                                HealthTime now) {
  if (!started_.has_value()) started_ = now;
  const std::set<HealthSubject> wanted = SubjectsOf(services);
  SetSubjects(wanted, now);
  warnings_.Keep(wanted);
  SetBackends(services);
  ApplyPresumed(now);
  for (const auto& [address, service] : services_) to_update_.insert(address);
  FinishCall(now);
}

void HealthMonitor::SetSubjects(const std::set<HealthSubject>& wanted,
                                HealthTime now) {
  KeepOnly(wanted, &subjects_);
  for (const HealthSubject& subject : wanted) {
    const auto [state, is_new] = subjects_.try_emplace(
        subject, &options_, now, *started_ + options_.timeout);
    if (is_new && known_senders_.erase(subject) > 0) {
      state->second.SetHasBeacon();
    }
  }
}

void HealthMonitor::SetBackends(const HealthServices& services) {
  KeepOnly(services, &services_);
  services_of_.clear();
  for (const auto& [address, backends] : services) {
    services_.try_emplace(address, address, panic_options_)
        .first->second.SetBackends(backends);
    for (const auto& [backend, enabled] : backends) {
      services_of_[backend].push_back(address);
    }
  }
}

// Does something only at the first services.
void HealthMonitor::ApplyPresumed(HealthTime now) {
  for (const auto& [presumed, draining] :
       std::exchange(presumed_draining_, {})) {
    const auto* const subject = SubjectOf(presumed.address, presumed.port);
    if (subject == nullptr) continue;
    subjects_.at(subject->first).Presume(draining, now);
  }
}

void HealthMonitor::OnBeacon(const BeaconMessage& message, HealthTime now) {
  TickLogs(now);
  const HealthSubject subject = {message.address, message.port};
  const auto found = subjects_.find(subject);
  if (found == subjects_.end()) return;
  SubjectState& state = found->second;
  warnings_.OnBeacon(subject, milliseconds(message.interval_ms),
                     state.interval(), options_.timeout, now);
  const bool trusted = IsTrusted(subject, state);
  ApplyTransition(subject, state, state.OnBeacon(message, trusted, now), now);
  FinishCall(now);
}

void HealthMonitor::Tick(HealthTime now) {
  TickLogs(now);
  last_tick_ = now;
  for (auto& [subject, state] : subjects_) {
    ApplyTransition(subject, state, state.OnTime(now), now);
  }
  for (const auto& [address, service] : services_) {
    if (service.panic().mode() != PanicWatch::Mode::kCalm) {
      to_update_.insert(address);
    }
  }
  FinishCall(now);
}

std::optional<HealthTime> HealthMonitor::NextTick() const {
  std::optional<HealthTime> next;
  const auto no_later_than = [&next](HealthTime time) {
    next = next ? std::min(*next, time) : time;
  };
  for (const auto& [subject, state] : subjects_) {
    if (const auto silent_at = state.SilentAt()) no_later_than(*silent_at);
  }
  for (const auto& [address, service] : services_) {
    if (service.panic().mode() == PanicWatch::Mode::kCalm) continue;
    no_later_than(last_tick_ + kPanicTick);
    break;
  }
  return next;
}

BackendDecision HealthMonitor::DecisionFor(const ServiceAddress& service,
                                           Ipv4Address backend) const {
  const auto* const subject = SubjectOf(backend, service.port);
  const auto found = services_.find(service);
  if (subject == nullptr || found == services_.end()) return {};
  return found->second.Decide(subject->second);
}

// Whether a service that uses this subject sends it traffic although it is
// silent or damped.
bool HealthMonitor::IsTrusted(const HealthSubject& subject,
                              const SubjectState& state) const {
  if (!IsTrustable(state.state())) return false;
  const auto& services = services_of_.at(subject.address);
  return std::any_of(
      services.begin(), services.end(), [&](const ServiceAddress& address) {
        return SubjectOf(subject.address, address.port)->first == subject &&
               services_.at(address).Decide(state).trusted;
      });
}

void HealthMonitor::ApplyTransition(const HealthSubject& subject,
                                    const SubjectState& state,
                                    const SubjectState::Transition& transition,
                                    HealthTime now) {
  if (transition.share_changed) changed_ = true;
  if (!transition.state_changed()) return;
  changed_ = true;
  changes_log_.Log(
      absl::StrCat("backend ", subject.ToString(), " is ",
                   HealthWord(transition.to), " (was ",
                   HealthWord(transition.from), "): ", state.reason()),
      now);
  const auto& services = services_of_.at(subject.address);
  to_update_.insert(services.begin(), services.end());
}

void HealthMonitor::UpdateService(const ServiceAddress& address,
                                  HealthTime now) {
  ServiceHealth& service = services_.at(address);
  const PanicWatch::Mode before = service.panic().mode();
  if (!service.Update(subjects_, now)) return;
  changed_ = true;
  if (before == PanicWatch::Mode::kPanic ||
      service.panic().mode() == PanicWatch::Mode::kPanic) {
    panics_log_.Log(service.DescribePanic(), now);
  }
}

// Updates the services that are marked, and reports what the call changed.
void HealthMonitor::FinishCall(HealthTime now) {
  for (const ServiceAddress& address : std::exchange(to_update_, {})) {
    UpdateService(address, now);
  }
  if (std::exchange(changed_, false)) on_change_();
}

void HealthMonitor::TickLogs(HealthTime now) {
  changes_log_.Tick(now);
  panics_log_.Tick(now);
  warnings_.Tick(now);
}

}  // namespace l275
