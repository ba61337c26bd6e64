#include "lb/agent/health/health_monitor.h"

#include <glog/logging.h>

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace l275 {
namespace {

using std::chrono::milliseconds;

// How often a service is judged again that is not calm.
constexpr milliseconds kPanicTick{25};

}  // namespace

HealthMonitor::HealthMonitor(const Options& options,
                             std::function<void()> on_change)
    : options_(options),
      subject_options_{options.timeout, options.up_after, options.flaps},
      panic_options_{options.panic_percent, options.timeout},
      on_change_(std::move(on_change)),
      changes_log_("changes of backends' states", options.log_lines_per_second),
      panics_log_("panics", options.log_lines_per_second, google::GLOG_ERROR) {
  CHECK_GT(options_.timeout.count(), 0);
  CHECK_GT(options_.up_after, 0);
  CHECK(on_change_);
}

void HealthMonitor::SetSpeakers(std::set<HealthSubject> speakers) {
  speakers_ = std::move(speakers);
}

void HealthMonitor::SetServices(const HealthServices& services,
                                HealthTime now) {
  if (!started_.has_value()) started_ = now;
  const std::set<HealthSubject> wanted = SubjectsOf(services);
  SetSubjects(wanted, now);
  warnings_.Keep(wanted);
  SetBackendsOf(services);
  ApplyPresumed(now);
  changed_ = false;  // the caller knows of its own changes
  for (auto& [address, service] : services_) Judge(address, &service, now);
  TellOfChanges();
}

void HealthMonitor::SetSubjects(const std::set<HealthSubject>& wanted,
                                HealthTime now) {
  for (auto it = subjects_.begin(); it != subjects_.end();) {
    it = wanted.count(it->first) > 0 ? std::next(it) : subjects_.erase(it);
  }
  for (const HealthSubject& subject : wanted) {
    const auto [state, is_new] = subjects_.try_emplace(
        subject, &subject_options_, now, *started_ + options_.timeout);
    if (is_new && speakers_.erase(subject) > 0) state->second.SetHasBeacon();
  }
}

void HealthMonitor::SetBackendsOf(const HealthServices& services) {
  std::map<ServiceAddress, Service> next;
  services_of_.clear();
  for (const auto& [address, backends] : services) {
    const auto known = services_.find(address);
    if (known != services_.end()) next[address] = known->second;
    next[address].backends = backends;
    for (const auto& [backend, enabled] : backends) {
      services_of_[backend].push_back(address);
    }
  }
  services_ = std::move(next);
}

void HealthMonitor::PresumeUp(std::map<HealthSubject, bool> draining) {
  presumed_draining_ = std::move(draining);
}

// Once: for the first services.
void HealthMonitor::ApplyPresumed(HealthTime now) {
  for (const auto& [presumed, draining] :
       std::exchange(presumed_draining_, {})) {
    const SubjectStates::value_type* const subject =
        SubjectOf(presumed.address, presumed.port);
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
  Follow(subject, state, state.OnBeacon(message, trusted, now), now);
  JudgeMarked(now);
  TellOfChanges();
}

void HealthMonitor::Follow(const HealthSubject& subject,
                           const SubjectState& state,
                           const SubjectState::Transition& transition,
                           HealthTime now) {
  if (transition.share_changed) changed_ = true;
  if (!transition.state_changed()) return;
  changes_log_.Log(
      absl::StrCat("backend ", subject.ToString(), " is ",
                   HealthWord(transition.to), " (was ",
                   HealthWord(transition.from), "): ", state.reason()),
      now);
  changed_ = true;
  MarkServicesOf(subject.address);
}

void HealthMonitor::Tick(HealthTime now) {
  TickLogs(now);
  last_tick_ = now;
  for (auto& [subject, state] : subjects_) {
    Follow(subject, state, state.OnTime(now), now);
  }
  for (auto& [address, service] : services_) {
    if (service.panic.mode() != PanicWatch::Mode::kCalm) {
      to_judge_.insert(address);
    }
  }
  JudgeMarked(now);
  TellOfChanges();
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
    if (service.panic.mode() == PanicWatch::Mode::kCalm) continue;
    no_later_than(last_tick_ + kPanicTick);
    break;
  }
  return next;
}

const SubjectStates::value_type* HealthMonitor::SubjectOf(Ipv4Address backend,
                                                          uint16_t port) const {
  const auto own = subjects_.find({backend, port});
  if (own != subjects_.end() && own->second.has_beacon()) return &*own;
  const auto host = subjects_.find({backend, 0});
  return host == subjects_.end() ? nullptr : &*host;
}

HealthVerdict HealthMonitor::VerdictOf(const ServiceAddress& service,
                                       Ipv4Address backend) const {
  const SubjectStates::value_type* subject = SubjectOf(backend, service.port);
  const auto judged = services_.find(service);
  HealthVerdict verdict;
  if (subject == nullptr || judged == services_.end()) return verdict;
  const SubjectState& state = subject->second;
  verdict.trusted = Trusts(judged->second, state);
  verdict.alive = IsUp(state.state()) || verdict.trusted;
  verdict.takes_new_flows = verdict.alive && !state.drains();
  verdict.weight_percent = state.weight();
  return verdict;
}

// While others are quiet a silence that began meanwhile is not believed; in a
// panic none is.
bool HealthMonitor::Trusts(const Service& service,
                           const SubjectState& state) const {
  switch (service.panic.mode()) {
    case PanicWatch::Mode::kCalm:
      return false;
    case PanicWatch::Mode::kSuspecting:
      return state.state() == Health::kSilent && IsUp(state.previous()) &&
             state.last_change() >= service.panic.since();
    case PanicWatch::Mode::kPanic:
      return IsTrustable(state.state());
  }
  return false;
}

bool HealthMonitor::IsTrusted(const HealthSubject& subject,
                              const SubjectState& state) const {
  if (!IsTrustable(state.state())) return false;
  const auto& services = services_of_.at(subject.address);
  return std::any_of(
      services.begin(), services.end(), [&](const ServiceAddress& address) {
        return SubjectOf(subject.address, address.port)->first == subject &&
               Trusts(services_.at(address), state);
      });
}

PanicWatch::Census HealthMonitor::TakeCensus(const ServiceAddress& address,
                                             const Service& service,
                                             HealthTime now) const {
  PanicWatch::Census census;
  for (const auto& [backend, enabled] : service.backends) {
    if (!enabled) continue;
    ++census.total;
    const SubjectState& state = SubjectOf(backend, address.port)->second;
    if (IsUp(state.state())) {
      ++census.up;
      if (!state.IsQuiet(now)) ++census.heard;
    } else if (IsTrustable(state.state())) {
      ++census.trustable;
    }
  }
  return census;
}

void HealthMonitor::Judge(const ServiceAddress& address, Service* service,
                          HealthTime now) {
  const PanicWatch::Mode before = service->panic.mode();
  service->census = TakeCensus(address, *service, now);
  if (!service->panic.Update(panic_options_, service->census, now)) return;
  changed_ = true;
  if (before == PanicWatch::Mode::kPanic ||
      service->panic.mode() == PanicWatch::Mode::kPanic) {
    LogPanic(address, *service, now);
  }
}

void HealthMonitor::MarkServicesOf(Ipv4Address backend) {
  const auto services = services_of_.find(backend);
  if (services == services_of_.end()) return;
  to_judge_.insert(services->second.begin(), services->second.end());
}

void HealthMonitor::JudgeMarked(HealthTime now) {
  for (const ServiceAddress& address : std::exchange(to_judge_, {})) {
    Judge(address, &services_.at(address), now);
  }
}

void HealthMonitor::LogPanic(const ServiceAddress& address,
                             const Service& service, HealthTime now) {
  const PanicWatch::Census& census = service.census;
  const std::string counts =
      absl::StrCat(address.ToString(), ": ", census.up, " of ", census.total,
                   " backends are up");
  const std::string rest =
      absl::StrCat(census.trustable, " that are silent or damped get ");
  panics_log_.Log(
      service.panic.mode() == PanicWatch::Mode::kPanic
          ? absl::StrCat("PANIC: ", counts, ", fewer than ",
                         options_.panic_percent,
                         "%: silence counts as the network's fault, ", rest,
                         "traffic nevertheless")
          : absl::StrCat("panic over: ", counts,
                         census.trustable > 0
                             ? absl::StrCat(", ", rest, "no traffic")
                             : ""),
      now);
}

void HealthMonitor::TickLogs(HealthTime now) {
  changes_log_.Tick(now);
  panics_log_.Tick(now);
  warnings_.Tick(now);
}

void HealthMonitor::TellOfChanges() {
  if (std::exchange(changed_, false)) on_change_();
}

}  // namespace l275
