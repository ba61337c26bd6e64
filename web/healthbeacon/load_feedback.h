#ifndef L275_WEB_HEALTHBEACON_LOAD_FEEDBACK_H_
#define L275_WEB_HEALTHBEACON_LOAD_FEEDBACK_H_

#include <event2/event.h>

#include <memory>

#include "absl/status/statusor.h"
#include "common/event/repeated_timer.h"
#include "web/healthbeacon/cpu_times.h"
#include "web/healthbeacon/load_curve.h"

namespace l275 {

// Looks once a second at how busy the host's CPUs are, and says how much of its
// weight the server should announce. In a container that is the whole host's
// load. A change is a line in the log. While /proc/stat cannot be read nothing
// changes. The loop outlives it.
class LoadFeedback {
 public:
  // `floor` is in percent, 1 to 100. An error says why /proc/stat is of no use.
  static absl::StatusOr<std::unique_ptr<LoadFeedback>> Create(event_base* base,
                                                              int floor);
  LoadFeedback(const LoadFeedback&) = delete;
  LoadFeedback& operator=(const LoadFeedback&) = delete;

  // floor to 100.
  int percent() const { return curve_.percent(); }

 private:
  LoadFeedback(event_base* base, int floor, const CpuTimes& times);
  void OnTimer();

  LoadCurve curve_;
  CpuTimes last_;
  RepeatedTimer timer_;
};

}  // namespace l275

#endif  // L275_WEB_HEALTHBEACON_LOAD_FEEDBACK_H_
