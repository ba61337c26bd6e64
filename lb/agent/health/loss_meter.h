#ifndef L275_LB_AGENT_HEALTH_LOSS_METER_H_
#define L275_LB_AGENT_HEALTH_LOSS_METER_H_

#include <cstdint>
#include <optional>

namespace l275 {

// What share of a sender's beacons does not arrive, by the gaps in their
// sequence: of about the last kWindow beacons sent, older ones counting less.
// What is lost after the last one that arrived does not show.
class LossMeter {
 public:
  static constexpr double kWindow = 1000;

  // A beacon that is newer than all before it.
  void OnBeacon(uint64_t epoch, uint64_t sequence) {
    if (epoch == epoch_ && sequence > sequence_) {
      Count(static_cast<double>(sequence - sequence_));
    }
    epoch_ = epoch;
    sequence_ = sequence;
  }

  // 0 to 100; nullopt until there were two beacons of an epoch.
  std::optional<double> Percent() const {
    if (sent_ == 0) return std::nullopt;
    return 100 * (1 - heard_ / sent_);
  }

 private:
  void Count(double sent) {
    sent_ += sent;
    heard_ += 1;
    if (sent_ <= kWindow) return;
    heard_ *= kWindow / sent_;
    sent_ = kWindow;
  }

  uint64_t epoch_ = 0;
  uint64_t sequence_ = 0;
  double sent_ = 0;
  double heard_ = 0;
};

}  // namespace l275

#endif  // L275_LB_AGENT_HEALTH_LOSS_METER_H_
