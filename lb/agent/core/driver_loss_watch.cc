#include "lb/agent/core/driver_loss_watch.h"

#include <glog/logging.h>

#include <cstdint>

#include "common/abi/verdicts.h"
#include "common/os/status_util.h"
#include "lb/agent/maps/counters.h"

namespace l275 {
namespace {

// A driver without statistics, and an interface that is gone, are expected.
bool IsUnexpected(const absl::Status& status) {
  return !status.ok() && !absl::IsUnimplemented(status) &&
         !absl::IsNotFound(status);
}

// Frames that the program itself sent.
absl::StatusOr<uint64_t> FramesSent(const Maps& maps) {
  constexpr uint32_t kSent[] = {L275_FORWARD_TX, L275_FORWARD_REDIRECT};
  L275_ASSIGN_OR_RETURN(const auto counters,
                        ReadCounters(maps.verdicts_fd(), kSent));
  return counters[0].packets + counters[1].packets;
}

}  // namespace

absl::StatusOr<std::unique_ptr<DriverLossWatch>> DriverLossWatch::Create(
    const Maps* maps) {
  L275_ASSIGN_OR_RETURN(DriverStatistics statistics,
                        DriverStatistics::Create());
  return std::unique_ptr<DriverLossWatch>(
      new DriverLossWatch(maps, std::move(statistics)));
}

void DriverLossWatch::Read(const std::set<std::string>& interfaces,
                           DriverLosses::TimePoint now) {
  DriverLosses::Counters counters;
  for (const std::string& interface : interfaces) {
    auto losses = statistics_.ReadXdpLosses(interface);
    LOG_IF_EVERY_N(WARNING, IsUnexpected(losses.status()), 100)
        << losses.status().message();
    if (losses.ok()) counters[interface] = *std::move(losses);
  }
  const auto sent = FramesSent(maps_);
  if (!sent.ok()) {
    LOG(ERROR) << sent.status().message();
    return;
  }
  losses_.Update(std::move(counters), *sent, now);
}

}  // namespace l275
