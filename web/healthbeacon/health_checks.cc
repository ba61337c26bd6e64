#include "web/healthbeacon/health_checks.h"

#include <algorithm>
#include <utility>

#include "web/healthbeacon/exec_check.h"
#include "web/healthbeacon/http_check.h"
#include "web/healthbeacon/tcp_check.h"

namespace l275 {
namespace {

using std::chrono::milliseconds;
using Verdict = CheckJudge::Verdict;

constexpr milliseconds kLoopLateness{100};

std::unique_ptr<Check> MakeCheck(event_base* base, const CheckSpec& spec,
                                 const std::string& host) {
  switch (spec.kind) {
    case CheckSpec::Kind::kTcp:
      return std::make_unique<TcpCheck>(base, spec.endpoint);
    case CheckSpec::Kind::kHttp:
      return std::make_unique<HttpCheck>(
          base,
          HttpCheck::Options{spec.endpoint, spec.path,
                             host.empty() ? spec.endpoint.ToString() : host});
    case CheckSpec::Kind::kExec:
      return std::make_unique<ExecCheck>(base, spec.path);
  }
  return nullptr;
}

}  // namespace

HealthChecks::HealthChecks(event_base* base, const Options& options,
                           std::function<void()> on_change)
    : repeat_(options.repeat), on_change_(std::move(on_change)) {
  for (const CheckSpec& spec : options.checks) {
    checks_.push_back(std::make_unique<RepeatedCheck>(
        base, spec.text, repeat_, MakeCheck(base, spec, options.host),
        [this] { OnChange(); }));
  }
  last_verdict_ = verdict();
}

void HealthChecks::Start() {
  for (const auto& check : checks_) check->Start();
}

Verdict HealthChecks::verdict() const {
  Verdict all = Verdict::kGood;
  for (const auto& check : checks_) {
    if (check->verdict() == Verdict::kBad) return Verdict::kBad;
    if (check->verdict() == Verdict::kNone) all = Verdict::kNone;
  }
  return all;
}

milliseconds HealthChecks::Age(CheckTime now) const {
  CheckTime oldest = now;
  for (const auto& check : checks_) {
    oldest = std::min(oldest, check->last_good());
  }
  return std::chrono::duration_cast<milliseconds>(now - oldest);
}

milliseconds HealthChecks::Validity() const {
  if (checks_.empty()) return milliseconds(0);
  const milliseconds each = std::max(repeat_.interval, repeat_.timeout);
  return repeat_.interval + repeat_.timeout + each * (repeat_.judge.fall - 1) +
         kLoopLateness;
}

void HealthChecks::OnChange() {
  const Verdict before = std::exchange(last_verdict_, verdict());
  if (last_verdict_ != before) on_change_();
}

}  // namespace l275
