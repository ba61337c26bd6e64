#ifndef L275_WEB_HEALTHBEACON_HEALTH_CHECKS_H_
#define L275_WEB_HEALTHBEACON_HEALTH_CHECKS_H_

#include <event2/event.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "web/healthbeacon/check_judge.h"
#include "web/healthbeacon/check_spec.h"
#include "web/healthbeacon/repeated_check.h"

namespace l275 {

// All checks of a service, which run side by side: the service is good when all
// of them are. Without any, the host is all that is vouched for.
class HealthChecks {
 public:
  struct Options {
    std::vector<CheckSpec> checks;
    std::string host;  // header of HTTP checks; empty: the URL's address:port
    RepeatedCheck::Options repeat;
  };

  // `on_change` is called after the verdict changed; it must not destroy this.
  HealthChecks(event_base* base, const Options& options,
               std::function<void()> on_change);
  HealthChecks(const HealthChecks&) = delete;
  HealthChecks& operator=(const HealthChecks&) = delete;

  void Start();

  // Bad as soon as one is, none as long as one that may still be good has none.
  CheckJudge::Verdict verdict() const;

  // Since the last good result of the check whose was longest ago; 0 without
  // checks.
  std::chrono::milliseconds Age(CheckTime now) const;

  // How old that gets at most while the verdict is good: a last good result at
  // the end of an interval, then `fall` runs that take all the time they have,
  // then what the loop may be late. 0 without checks.
  std::chrono::milliseconds Validity() const;

 private:
  void OnChange();

  const RepeatedCheck::Options repeat_;
  const std::function<void()> on_change_;
  CheckJudge::Verdict last_verdict_;
  std::vector<std::unique_ptr<RepeatedCheck>> checks_;
};

}  // namespace l275

#endif  // L275_WEB_HEALTHBEACON_HEALTH_CHECKS_H_
