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
// A table is built again for each change of a weight: not more often than this.
constexpr milliseconds kShortestWeight{1000};
// Likewise for a server that begins and ends to drain.
constexpr milliseconds kShortestDrain{1000};
constexpr milliseconds kMostJitter{50};
// A sender has missed beacons, if no more is known, after so many intervals.
constexpr int kQuietIntervals = 4;

int64_t MillisecondsBetween(HealthTime from, HealthTime to) {
  return std::chrono::duration_cast<milliseconds>(to - from).count();
}

bool IsCheckStale(const BeaconMessage& message) {
  return message.check_validity_ms != 0 &&
         message.check_age_ms > message.check_validity_ms;
}

// Why a beacon says down; empty when it does not.
std::string WhyDown(const BeaconMessage& message) {
  if (message.state == BeaconMessage::State::kDown) {
    return "its beacon says so";
  }
  if (!IsCheckStale(message)) return "";
  return absl::StrCat("its check is stale: ", message.check_age_ms,
                      " ms old, expected at most ", message.check_validity_ms);
}

Health WordOf(const BeaconMessage& message) {
  return message.state == BeaconMessage::State::kDraining ? Health::kDraining
                                                          : Health::kUp;
}

std::string WhyUp(const BackendHealth& backend) {
  if (backend.in_a_row > 1) {
    return absl::StrCat(backend.in_a_row, " beacons in a row say so");
  }
  return backend.state == Health::kUnknown ? "its first beacon"
                                           : "its beacon says so";
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
  TakePresumed(now);
  changed_ = false;  // the caller knows of its own changes
  for (auto& [address, service] : services_) Judge(address, &service, now);
  TellOfChanges();
}

void HealthMonitor::SetSubjects(const std::set<HealthSubject>& wanted,
                                HealthTime now) {
  HealthView subjects;
  for (const HealthSubject& subject : wanted) {
    const auto known = subjects_.find(subject);
    BackendHealth& backend = subjects[subject];
    if (known != subjects_.end()) {
      backend = std::move(known->second);
    } else {
      backend.last_change = now;
      backend.has_beacon = speakers_.erase(subject) > 0;
    }
  }
  subjects_ = std::move(subjects);
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

// Once: by the first services.
void HealthMonitor::TakePresumed(HealthTime now) {
  for (const auto& [presumed, draining] :
       std::exchange(presumed_draining_, {})) {
    const HealthView::value_type* const subject =
        SubjectOf(presumed.address, presumed.port);
    if (subject == nullptr) continue;
    Presume(draining, now, &subjects_.at(subject->first));
  }
}

// A subject that drains does so in all services that it speaks for.
void HealthMonitor::Presume(bool draining, HealthTime now,
                            BackendHealth* backend) {
  const bool drains =
      draining && (!backend->presumed || backend->state == Health::kDraining);
  backend->word = drains ? Health::kDraining : Health::kUp;
  backend->state = backend->word;
  backend->reason = "it was when the earlier agent ended";
  backend->presumed = true;
  backend->last_beacon = now;
  backend->interval = options_.timeout;
  backend->says_up = true;
}

void HealthMonitor::OnBeacon(const BeaconMessage& message, HealthTime now) {
  TickLogs(now);
  const HealthSubject subject = {message.address, message.port};
  const auto found = subjects_.find(subject);
  if (found == subjects_.end()) return;
  BackendHealth& backend = found->second;
  backend.presumed = false;
  const milliseconds interval(message.interval_ms);
  warnings_.OnBeacon(subject, interval, backend.interval, options_.timeout,
                     now);
  const bool follows =
      backend.says_up && now - *backend.last_beacon < options_.timeout;
  if (!follows) backend.in_a_row = 0;
  backend.last_beacon = now;
  backend.interval = interval;
  backend.key_id = message.key_id;
  backend.loss.OnBeacon(message.epoch, message.sequence);
  TakeWeight(message.weight, now, &backend);
  TakeWord(subject, message, now, &backend);
  JudgeMarked(now);
  TellOfChanges();
}

void HealthMonitor::TakeWord(const HealthSubject& subject,
                             const BeaconMessage& message, HealthTime now,
                             BackendHealth* backend) {
  const std::string why_down = WhyDown(message);
  if (!why_down.empty()) return TakeDown(subject, why_down, now, backend);
  ++backend->in_a_row;
  backend->says_up = true;
  TakeDrain(WordOf(message), now, backend);
  TakeUp(subject, now, backend);
}

void HealthMonitor::TakeDown(const HealthSubject& subject,
                             const std::string& reason, HealthTime now,
                             BackendHealth* backend) {
  const bool was_served =
      IsUp(backend->state) || backend->state == Health::kSilent;
  backend->says_up = false;
  backend->in_a_row = 0;
  backend->flaps.OnRelapse(now);
  if (backend->state == Health::kDown) return;
  if (was_served) backend->flaps.OnChange(options_.flaps, now);
  ChangeState(subject, Health::kDown, now, reason, backend);
}

// To drain is urgent, and its end is not.
void HealthMonitor::TakeDrain(Health word, HealthTime now,
                              BackendHealth* backend) {
  if (word == backend->word) return;
  if (word == Health::kUp && backend->word_changed.has_value() &&
      now - *backend->word_changed < kShortestDrain) {
    return;
  }
  backend->word = word;
  backend->word_changed = now;
  if (backend->state == Health::kDamped) changed_ = true;
}

void HealthMonitor::TakeUp(const HealthSubject& subject, HealthTime now,
                           BackendHealth* backend) {
  if (IsUp(backend->state)) {
    if (backend->state != backend->word) {
      ChangeState(subject, backend->word, now, "its beacon says so", backend);
    }
    return;
  }
  const bool was_trusted = IsTrusted(subject, *backend);
  const bool starting =
      backend->state == Health::kUnknown && now - *started_ < options_.timeout;
  const int needed = was_trusted || starting ? 1 : options_.up_after;
  if (backend->in_a_row >= needed) Return(subject, was_trusted, now, backend);
}

// A silence counts as a change of state when it ends: only then is it known
// whether it was believed.
void HealthMonitor::Return(const HealthSubject& subject, bool was_trusted,
                           HealthTime now, BackendHealth* backend) {
  const bool is_first = backend->state == Health::kUnknown;
  const bool was_silent = backend->state == Health::kSilent;
  const bool was_damped = backend->previous == Health::kDamped;
  if (!is_first && !(was_silent && was_trusted && !was_damped)) {
    if (was_silent && !was_damped) {
      backend->flaps.OnChange(options_.flaps, backend->last_change);
    }
    // Damping counts from when it says up without a break, wherever it was.
    if (backend->state != Health::kDamped) backend->flaps.OnRelapse(now);
    if (!backend->flaps.MayReturn(options_.flaps, now)) {
      return Damp(subject, now, backend);
    }
    backend->flaps.OnChange(options_.flaps, now);
  }
  ChangeState(subject, backend->word, now, WhyUp(*backend), backend);
}

void HealthMonitor::Damp(const HealthSubject& subject, HealthTime now,
                         BackendHealth* backend) {
  if (backend->state == Health::kDamped) return;
  ChangeState(
      subject, Health::kDamped, now,
      absl::StrCat("it says up, but changed ", backend->flaps.recent_changes(),
                   " times within ", options_.flaps.window.count(),
                   " s; has to stay up for ",
                   MillisecondsBetween(now, *backend->flaps.damped_until()),
                   " ms"),
      backend);
}

void HealthMonitor::TakeWeight(uint16_t weight, HealthTime now,
                               BackendHealth* backend) {
  if (weight == backend->weight) return;
  if (backend->weight_changed.has_value() &&
      now - *backend->weight_changed < kShortestWeight) {
    return;
  }
  backend->weight = weight;
  backend->weight_changed = now;
  changed_ = true;
}

void HealthMonitor::ChangeState(const HealthSubject& subject, Health next,
                                HealthTime now, const std::string& reason,
                                BackendHealth* backend) {
  changes_log_.Log(
      absl::StrCat("backend ", subject.ToString(), " is ", HealthWord(next),
                   " (was ", HealthWord(backend->state), "): ", reason),
      now);
  backend->previous = std::exchange(backend->state, next);
  backend->last_change = now;
  backend->reason = reason;
  backend->has_beacon = true;
  changed_ = true;
  MarkServicesOf(subject.address);
}

milliseconds HealthMonitor::SilenceAfter(milliseconds timeout,
                                         milliseconds interval) {
  return timeout + std::min(interval / 2, kMostJitter);
}

std::optional<HealthTime> HealthMonitor::SilentAt(
    const BackendHealth& backend) const {
  if (!IsUp(backend.state) && backend.state != Health::kDamped) {
    return std::nullopt;
  }
  return *backend.last_beacon +
         SilenceAfter(options_.timeout, backend.interval);
}

void HealthMonitor::Tick(HealthTime now) {
  TickLogs(now);
  last_tick_ = now;
  for (auto& [subject, backend] : subjects_) {
    if (SilentAt(backend).value_or(HealthTime::max()) > now) continue;
    ChangeState(
        subject, Health::kSilent, now,
        absl::StrCat("no beacon for ",
                     MillisecondsBetween(*backend.last_beacon, now), " ms"),
        &backend);
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
  for (const auto& [subject, backend] : subjects_) {
    if (const auto silent_at = SilentAt(backend)) no_later_than(*silent_at);
  }
  for (const auto& [address, service] : services_) {
    if (service.panic.mode() == PanicWatch::Mode::kCalm) continue;
    no_later_than(last_tick_ + kPanicTick);
    break;
  }
  return next;
}

const HealthView::value_type* HealthMonitor::SubjectOf(Ipv4Address backend,
                                                       uint16_t port) const {
  const auto own = subjects_.find({backend, port});
  if (own != subjects_.end() && own->second.has_beacon) return &*own;
  const auto host = subjects_.find({backend, 0});
  return host == subjects_.end() ? nullptr : &*host;
}

HealthVerdict HealthMonitor::VerdictOf(const ServiceAddress& service,
                                       Ipv4Address backend) const {
  const HealthView::value_type* subject = SubjectOf(backend, service.port);
  const auto judged = services_.find(service);
  HealthVerdict verdict;
  if (subject == nullptr || judged == services_.end()) return verdict;
  const BackendHealth& health = subject->second;
  verdict.trusted = Trusts(judged->second, health);
  verdict.alive = IsUp(health.state) || verdict.trusted;
  const Health word = IsUp(health.state) ? health.state : health.word;
  verdict.takes_new_flows = verdict.alive && word != Health::kDraining;
  verdict.weight_percent = health.weight;
  return verdict;
}

// While others are quiet a silence that began meanwhile is not believed; in a
// panic none is.
bool HealthMonitor::Trusts(const Service& service,
                           const BackendHealth& backend) const {
  if (!backend.says_up) return false;
  switch (service.panic.mode()) {
    case PanicWatch::Mode::kCalm:
      return false;
    case PanicWatch::Mode::kSuspecting:
      return backend.state == Health::kSilent && IsUp(backend.previous) &&
             backend.last_change >= service.panic.since();
    case PanicWatch::Mode::kPanic:
      return backend.state == Health::kSilent ||
             backend.state == Health::kDamped;
  }
  return false;
}

bool HealthMonitor::IsTrusted(const HealthSubject& subject,
                              const BackendHealth& backend) const {
  const auto services = services_of_.find(subject.address);
  if (services == services_of_.end()) return false;
  for (const ServiceAddress& address : services->second) {
    if (SubjectOf(subject.address, address.port)->first == subject &&
        Trusts(services_.at(address), backend)) {
      return true;
    }
  }
  return false;
}

bool HealthMonitor::IsQuiet(const BackendHealth& backend,
                            HealthTime now) const {
  const milliseconds limit =
      std::min(options_.timeout / 2, kQuietIntervals * backend.interval);
  return now - *backend.last_beacon > limit;
}

PanicWatch::Census HealthMonitor::TakeCensus(const ServiceAddress& address,
                                             const Service& service,
                                             HealthTime now) const {
  PanicWatch::Census census;
  for (const auto& [backend, enabled] : service.backends) {
    if (!enabled) continue;
    ++census.total;
    const BackendHealth& health = SubjectOf(backend, address.port)->second;
    if (IsUp(health.state)) {
      ++census.up;
      if (!IsQuiet(health, now)) ++census.heard;
    } else if (health.says_up && (health.state == Health::kSilent ||
                                  health.state == Health::kDamped)) {
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
