#ifndef L275_LB_AGENT_CORE_DRIVER_LOSS_WATCH_H_
#define L275_LB_AGENT_CORE_DRIVER_LOSS_WATCH_H_

#include <memory>
#include <set>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "lb/agent/attach/driver_losses.h"
#include "lb/agent/attach/driver_statistics.h"
#include "lb/agent/maps/maps.h"

namespace l275 {

// Reads what drivers lost of the frames that the program sent.
class DriverLossWatch {
 public:
  // Statistics are those of the network namespace that this is called in.
  // `maps` outlives the object.
  static absl::StatusOr<std::unique_ptr<DriverLossWatch>> Create(
      const Maps* maps);

  // Of these interfaces. A driver may have no statistics; one that cannot be
  // read is logged. Can take milliseconds.
  void Read(const std::set<std::string>& interfaces,
            DriverLosses::TimePoint now);

  const DriverLosses& losses() const { return losses_; }

 private:
  DriverLossWatch(const Maps* maps, DriverStatistics statistics)
      : maps_(*maps), statistics_(std::move(statistics)) {}

  const Maps& maps_;
  DriverStatistics statistics_;
  DriverLosses losses_;
};

}  // namespace l275

#endif  // L275_LB_AGENT_CORE_DRIVER_LOSS_WATCH_H_
