#include "web/healthbeacon/load_feedback.h"

#include <glog/logging.h>

#include <chrono>
#include <cmath>

#include "absl/memory/memory.h"
#include "common/os/status_util.h"

namespace l275 {
namespace {

constexpr std::chrono::seconds kInterval{1};

}  // namespace

absl::StatusOr<std::unique_ptr<LoadFeedback>> LoadFeedback::Create(
    event_base* base, int floor) {
  L275_ASSIGN_OR_RETURN(const CpuTimes times, CpuTimes::Read());
  return absl::WrapUnique(new LoadFeedback(base, floor, times));
}

LoadFeedback::LoadFeedback(event_base* base, int floor, const CpuTimes& times)
    : curve_(floor, std::chrono::steady_clock::now()),
      last_(times),
      timer_(base, kInterval, [this] { OnTimer(); }) {}

void LoadFeedback::OnTimer() {
  const absl::StatusOr<CpuTimes> times = CpuTimes::Read();
  if (!times.ok()) {
    LOG_EVERY_T(WARNING, 60) << "load feedback: " << times.status().message();
    return;
  }
  const double busy = times->BusySince(last_);
  last_ = *times;
  if (!curve_.Add(busy, std::chrono::steady_clock::now())) return;
  LOG(INFO) << "load feedback: " << curve_.percent()
            << "% of the weight, the CPUs are "
            << std::lround(curve_.smoothed() * 100) << "% busy";
}

}  // namespace l275
