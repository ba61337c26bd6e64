#ifndef L275_WEB_HEALTHBEACON_REPEATED_CHECK_H_
#define L275_WEB_HEALTHBEACON_REPEATED_CHECK_H_

#include <event2/event.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "common/event/limited_loop_log.h"
#include "common/event/timer.h"
#include "web/healthbeacon/check.h"
#include "web/healthbeacon/check_judge.h"

namespace l275 {

// Runs one check again and again, and knows what is to be thought of it. A run
// that is not done within the timeout is cancelled and counts as bad. Runs
// begin an interval apart; after one that took longer than the interval the
// next begins at once, so that there is never more than one.
//
// Each change of the verdict is one line in the log, with its reason; limited,
// since clients who overload a service can make it come and go.
class RepeatedCheck {
 public:
  struct Options {
    std::chrono::milliseconds interval{200};
    std::chrono::milliseconds timeout{500};
    CheckJudge::Options judge;
  };

  // Log lines in a minute.
  static constexpr int kLogLines = 100;

  // `name` is the check's in the log. `on_change` is called after the verdict
  // changed; it must not destroy this.
  RepeatedCheck(event_base* base, std::string name, const Options& options,
                std::unique_ptr<Check> check, std::function<void()> on_change);
  RepeatedCheck(const RepeatedCheck&) = delete;
  RepeatedCheck& operator=(const RepeatedCheck&) = delete;

  // The first run begins on the loop's next turn.
  void Start();

  CheckJudge::Verdict verdict() const { return judge_.verdict(); }
  CheckTime last_good() const { return judge_.last_good(); }

 private:
  void OnTimer();
  void Begin();
  void End(const absl::Status& result);
  void LogVerdict(const absl::Status& result);

  const std::string name_;
  const Options options_;
  const std::function<void()> on_change_;
  CheckJudge judge_;
  LimitedLoopLog log_;
  bool running_ = false;
  CheckTime began_;  // the last run
  Timer timer_;      // the timeout of one that runs, else the next one's begin
  std::unique_ptr<Check> check_;
};

}  // namespace l275

#endif  // L275_WEB_HEALTHBEACON_REPEATED_CHECK_H_
