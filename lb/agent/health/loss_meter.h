#ifndef L275_LB_AGENT_HEALTH_LOSS_METER_H_
#define L275_LB_AGENT_HEALTH_LOSS_METER_H_

#include <cstdint>
#include <optional>

namespace l275 {

// Measures what share of a sender's beacons is lost, by the gaps in their
// sequence numbers. Covers about the last kWindow beacons that were sent; older
// ones count less. Beacons lost since the last one that arrived do not show.
class LossMeter {
 public:
  static constexpr double kWindow = 1000;

  // A beacon arrived that is newer than all before it.
  void OnBeacon(uint64_t epoch, uint64_t sequence) {
    if (epoch == epoch_ && sequence > sequence_) {
      Count(static_cast<double>(sequence - sequence_));
    }
    epoch_ = epoch;
    sequence_ = sequence;
  }

  // 0 to 100; nullopt until two beacons of one epoch arrived.
  std::optional<double> Percent() const {
    if (sent_ == 0) return std::nullopt;
    return 100 * (1 - received_ / sent_);
  }

 private:
  void Count(double sent) {
    sent_ += sent;
    received_ += 1;
    if (sent_ <= kWindow) return;
    received_ *= kWindow / sent_;
    sent_ = kWindow;
  }

  uint64_t epoch_ = 0;
  uint64_t sequence_ = 0;
  double sent_ = 0;
  double received_ = 0;
};

}  // namespace l275

#endif  // L275_LB_AGENT_HEALTH_LOSS_METER_H_
