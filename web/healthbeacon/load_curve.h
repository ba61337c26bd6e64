#ifndef L275_WEB_HEALTHBEACON_LOAD_CURVE_H_
#define L275_WEB_HEALTHBEACON_LOAD_CURVE_H_

#include <chrono>
#include <optional>

namespace l275 {

// How much of its weight a server announces while it is so busy:
//
//   100 % ────────────┐.
//                     │  `.
//   floor             │     `.─────────
//       0 %         70 %    95 %    100 %  busy
//
// The load is smoothed (an exponential moving average with a time constant of
// kSmoothing, idle before the first sample). What is announced goes towards the
// curve in steps of kStep percent, at most one in kBetweenSteps: once the curve
// is a whole step away, or two where the step before went the other way. So a
// load that swings does not make the load balancers build new tables all the
// time, and one that is due to this server's weight has time to follow it.
//
// Pure logic: the caller says what time it is, monotonic.
class LoadCurve {
 public:
  using Time = std::chrono::steady_clock::time_point;

  static constexpr double kBusyFrom = 0.70;
  static constexpr double kBusyTo = 0.95;
  static constexpr int kStep = 10;  // percent
  static constexpr std::chrono::seconds kSmoothing{10};
  static constexpr std::chrono::seconds kBetweenSteps{5};

  // `floor` is in percent, 1 to 100.
  LoadCurve(int floor, Time now);

  // `busy`, 0 to 1, since the last call. Whether percent() changed.
  bool Add(double busy, Time now);

  // To announce, of the weight: floor to 100.
  int percent() const { return percent_; }
  double smoothed() const { return smoothed_; }  // 0 to 1

 private:
  void Smooth(double busy, Time now);
  int Target() const;
  int Next() const;

  const int floor_;
  int percent_ = 100;
  double smoothed_ = 0;
  Time last_add_;
  std::optional<Time> last_step_;
  bool last_step_was_down_ = false;
};

}  // namespace l275

#endif  // L275_WEB_HEALTHBEACON_LOAD_CURVE_H_
