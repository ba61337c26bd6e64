#include "lb/agent/health/reachability.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace l275 {
namespace {

// How often a service that is not calm is updated.
constexpr std::chrono::milliseconds kPanicTick{100};

}  // namespace

bool Reachability::Update(const std::map<Ipv4Address, NextHop>& next_hops,
                          const Candidates& candidates, HealthTime now) {
  last_update_ = now;
  changes_log_.Tick(now);
  panics_log_.Tick(now);
  UpdateBackends(next_hops, now);
  const std::map<ServiceAddress, Service> before = services_;
  UpdateServices(candidates, now);
  return !std::equal(before.begin(), before.end(), services_.begin(),
                     services_.end(), [](const auto& a, const auto& b) {
                       return a.first == b.first &&
                              a.second.left_out == b.second.left_out;
                     });
}

std::optional<HealthTime> Reachability::NextUpdate() const {
  std::optional<HealthTime> next;
  const auto no_later_than = [&next](HealthTime time) {
    next = next ? std::min(*next, time) : time;
  };
  for (const auto& [address, backend] : backends_) {
    if (backend.failing_since && !backend.unreachable_since) {
      no_later_than(*backend.failing_since + options_.after);
    }
  }
  for (const auto& [address, service] : services_) {
    if (service.panic.mode() != PanicWatch::Mode::kCalm) {
      no_later_than(last_update_ + kPanicTick);
    }
  }
  return next;
}

bool Reachability::IsUnreachable(Ipv4Address backend) const {
  const auto found = backends_.find(backend);
  return found != backends_.end() &&
         found->second.unreachable_since.has_value();
}

bool Reachability::IsLeftOut(const ServiceAddress& service,
                             Ipv4Address backend) const {
  const auto found = services_.find(service);
  return found != services_.end() && found->second.left_out.count(backend) > 0;
}

void Reachability::UpdateBackends(
    const std::map<Ipv4Address, NextHop>& next_hops, HealthTime now) {
  for (auto it = backends_.begin(); it != backends_.end();) {
    it = next_hops.count(it->first) > 0 ? std::next(it) : backends_.erase(it);
  }
  for (const auto& [address, next_hop] : next_hops) {
    UpdateBackend(address, next_hop, now, &backends_[address]);
  }
}

void Reachability::UpdateBackend(Ipv4Address address, const NextHop& next_hop,
                                 HealthTime now, Backend* backend) {
  const bool was_unreachable = backend->unreachable_since.has_value();
  if (next_hop.ready()) {
    *backend = Backend();
    backend->was_ready = true;
  } else if (!backend->failing_since) {
    backend->failing_since = next_hop.failed_before && !backend->was_ready
                                 ? now - options_.after
                                 : now;
  }
  backend->permanent =
      next_hop.state == NextHop::State::kUnusable && !backend->was_ready;
  if (backend->failing_since && !was_unreachable &&
      (backend->permanent || now - *backend->failing_since >= options_.after)) {
    backend->unreachable_since = now;
  }
  if (backend->unreachable_since.has_value() != was_unreachable) {
    LogChange(address, next_hop, now);
  }
}

void Reachability::LogChange(Ipv4Address address, const NextHop& next_hop,
                             HealthTime now) {
  changes_log_.Log(
      next_hop.ready()
          ? absl::StrCat("backend ", address.ToString(), " is reachable again")
          : absl::StrCat("backend ", address.ToString(),
                         " is unreachable: ", next_hop.reason),
      now);
}

void Reachability::UpdateServices(const Candidates& candidates,
                                  HealthTime now) {
  std::map<ServiceAddress, Service> next;
  for (const auto& [address, backends] : candidates) {
    Service& service = next[address];
    const auto known = services_.find(address);
    if (known != services_.end()) service.panic = known->second.panic;
    const PanicWatch::Mode before = service.panic.mode();
    service.census = TakeCensus(backends);
    service.panic.Update(panic_options_, service.census, now);
    service.left_out = LeftOut(backends, service.panic);
    const PanicWatch::Mode mode = service.panic.mode();
    if (mode != before && (mode == PanicWatch::Mode::kPanic ||
                           before == PanicWatch::Mode::kPanic)) {
      LogPanic(address, service, now);
    }
  }
  services_ = std::move(next);
}

PanicWatch::Census Reachability::TakeCensus(const Backends& candidates) const {
  PanicWatch::Census census;
  for (const Ipv4Address address : candidates) {
    const auto found = backends_.find(address);
    if (found == backends_.end() || found->second.permanent) continue;
    const Backend& backend = found->second;
    ++census.total;
    if (backend.unreachable_since) {
      ++census.trustable;
    } else {
      ++census.up;
    }
    if (!backend.failing_since) ++census.responding;
  }
  return census;
}

Reachability::Backends Reachability::LeftOut(const Backends& candidates,
                                             const PanicWatch& panic) const {
  Backends left_out;
  for (const Ipv4Address address : candidates) {
    const auto found = backends_.find(address);
    if (found == backends_.end()) continue;
    if (found->second.unreachable_since && !IsTrusted(found->second, panic)) {
      left_out.insert(address);
    }
  }
  return left_out;
}

bool Reachability::IsTrusted(const Backend& backend,
                             const PanicWatch& panic) const {
  if (backend.permanent) return false;
  switch (panic.mode()) {
    case PanicWatch::Mode::kCalm:
      return false;
    case PanicWatch::Mode::kSuspecting:
      return *backend.unreachable_since >= panic.since();
    case PanicWatch::Mode::kPanic:
      return true;
  }
  return false;
}

void Reachability::LogPanic(const ServiceAddress& address,
                            const Service& service, HealthTime now) {
  const PanicWatch::Census& census = service.census;
  const std::string counts =
      absl::StrCat(address.ToString(), ": ", census.up, " of ", census.total,
                   " backends that would get new flows are reachable, ");
  panics_log_.Log(
      service.panic.mode() == PanicWatch::Mode::kPanic
          ? absl::StrCat("PANIC: ", counts, "fewer than ",
                         options_.panic_percent,
                         "%: the fault is assumed to be this host's network; "
                         "unreachable backends get new flows all the same")
          : absl::StrCat("panic over: ", counts, "unreachable ones get none"),
      now);
}

}  // namespace l275
