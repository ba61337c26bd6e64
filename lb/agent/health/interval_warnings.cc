#include "lb/agent/health/interval_warnings.h"

#include <iterator>

#include "absl/strings/str_cat.h"

namespace l275 {

using std::chrono::milliseconds;

void IntervalWarnings::OnBeacon(const HealthSubject& subject,
                                milliseconds interval, milliseconds last,
                                milliseconds timeout, HealthTime now) {
  if (interval * 3 <= timeout) return;
  const auto [warning, is_first] =
      last_.try_emplace(subject, Warning{now, interval});
  if (!is_first) {
    if (interval == last && interval == warning->second.interval) return;
    if (now - warning->second.at < std::chrono::minutes(1)) return;
    warning->second = {now, interval};
  }
  log_.Log(absl::StrCat("backend ", subject.ToString(),
                        " sends a beacon every ", interval.count(),
                        " ms, more than a third of the timeout of ",
                        timeout.count(), " ms: a few lost ones make it silent"),
           now);
}

void IntervalWarnings::Keep(const std::set<HealthSubject>& subjects) {
  for (auto it = last_.begin(); it != last_.end();) {
    it = subjects.count(it->first) > 0 ? std::next(it) : last_.erase(it);
  }
}

}  // namespace l275
