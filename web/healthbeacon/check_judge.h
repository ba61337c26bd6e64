#ifndef L275_WEB_HEALTHBEACON_CHECK_JUDGE_H_
#define L275_WEB_HEALTHBEACON_CHECK_JUDGE_H_

#include <chrono>

namespace l275 {

// Monotonic: a jump of the wall clock changes nothing.
using CheckTime = std::chrono::steady_clock::time_point;

// Makes a verdict of the results of one check: it takes `rise` good ones in a
// row to be good again, and `fall` bad ones in a row to be bad. While there is
// no verdict yet the first good one suffices: a healthbeacon that is restarted
// beside a healthy service has to send beacons again before load balancers'
// timeout is over, whatever the interval of its checks.
class CheckJudge {
 public:
  enum class Verdict { kNone, kGood, kBad };
  struct Options {
    int rise = 2;  // at least 1
    int fall = 1;  // at least 1
  };

  // `now`: what the age of the last good result counts from until there is one.
  CheckJudge(const Options& options, CheckTime now);

  // Whether the verdict changed.
  bool Add(bool good, CheckTime now);

  Verdict verdict() const { return verdict_; }
  CheckTime last_good() const { return last_good_; }

 private:
  Verdict Judge(bool good) const;

  const Options options_;
  Verdict verdict_ = Verdict::kNone;
  bool last_was_good_ = false;
  int in_a_row_ = 0;  // results like the last one
  CheckTime last_good_;
};

}  // namespace l275

#endif  // L275_WEB_HEALTHBEACON_CHECK_JUDGE_H_
