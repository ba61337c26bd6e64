#include "lb/agent/health/service_health.h"

#include "absl/strings/str_cat.h"

namespace l275 {

const SubjectStates::value_type* FindSubject(const SubjectStates& subjects,
                                             Ipv4Address backend,
                                             uint16_t port) {
  const auto own = subjects.find({backend, port});
  if (own != subjects.end() && own->second.has_beacon()) return &*own;
  const auto host = subjects.find({backend, 0});
  return host == subjects.end() ? nullptr : &*host;
}

bool ServiceHealth::Update(const SubjectStates& subjects, HealthTime now) {
  census_ = TakeCensus(subjects, now);
  return panic_.Update(options_, census_, now);
}

PanicWatch::Census ServiceHealth::TakeCensus(const SubjectStates& subjects,
                                             HealthTime now) const {
  PanicWatch::Census census;
  for (const auto& [backend, enabled] : backends_) {
    if (!enabled) continue;
    ++census.total;
    const SubjectState& state =
        FindSubject(subjects, backend, address_.port)->second;
    if (IsUp(state.state())) {
      ++census.up;
      if (!state.IsQuiet(now)) ++census.responding;
    } else if (IsTrustable(state.state())) {
      ++census.trustable;
    }
  }
  return census;
}

BackendDecision ServiceHealth::Decide(const SubjectState& backend) const {
  BackendDecision decision;
  decision.trusted = Trusts(backend);
  decision.alive = IsUp(backend.state()) || decision.trusted;
  decision.takes_new_flows = decision.alive && !backend.drains();
  decision.weight_percent = backend.weight();
  return decision;
}

bool ServiceHealth::Trusts(const SubjectState& backend) const {
  switch (panic_.mode()) {
    case PanicWatch::Mode::kCalm:
      return false;
    case PanicWatch::Mode::kSuspecting:
      return backend.state() == Health::kSilent && IsUp(backend.previous()) &&
             backend.last_change() >= panic_.since();
    case PanicWatch::Mode::kPanic:
      return IsTrustable(backend.state());
  }
  return false;
}

std::string ServiceHealth::DescribePanic() const {
  const std::string counts =
      absl::StrCat(address_.ToString(), ": ", census_.up, " of ", census_.total,
                   " backends are up");
  const std::string rest =
      absl::StrCat(census_.trustable, " that are silent or damped get ");
  if (panic_.mode() == PanicWatch::Mode::kPanic) {
    return absl::StrCat("PANIC: ", counts, ", fewer than ", options_.percent,
                        "%: silence counts as the network's fault, ", rest,
                        "traffic nevertheless");
  }
  return absl::StrCat(
      "panic over: ", counts,
      census_.trustable > 0 ? absl::StrCat(", ", rest, "no traffic") : "");
}

}  // namespace l275
