#ifndef L275_WEB_HEALTHBEACON_HEALTHBEACON_H_
#define L275_WEB_HEALTHBEACON_HEALTHBEACON_H_

#include <event2/event.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/beacon/beacon_message.h"
#include "web/healthbeacon/beacon_sender.h"
#include "web/healthbeacon/beacon_signer.h"
#include "web/healthbeacon/drain_file.h"
#include "web/healthbeacon/health_checks.h"
#include "web/healthbeacon/load_feedback.h"
#include "web/healthbeacon/multicast_sender.h"
#include "web/healthbeacon/weight_file.h"

namespace l275 {

// One backend's voice: what its checks, its operator and its load make of its
// state and weight goes into its beacons.
//
//   checks ──► verdict ──┐
//   Drain() ─► draining ─┼─► Report ─► BeaconSender ─► signed, multicast
//   weight, file, load ──┘
//
// A check that fails makes it "down", also while it drains. Until each check
// has a verdict nothing is sent, so that load balancers hold on to what they
// know: a healthbeacon that is started again beside a healthy service is no
// outage. A change of the state is announced at once.
//
// The loop outlives it. Runs on the loop's thread.
class Healthbeacon {
 public:
  struct Options {
    BeaconSender::Options beacon;  // its epoch is taken from state_file
    std::string state_file;
    MulticastSender::Options multicast;
    BeaconSigner::Options signer;
    HealthChecks::Options checks;
    uint16_t weight = BeaconMessage::kFullWeight;
    std::string weight_file;                 // empty: none
    std::optional<int> load_feedback_floor;  // percent; none: no feedback
  };

  // Errors name the flag that they are about. The state file is written last.
  static absl::StatusOr<std::unique_ptr<Healthbeacon>> Create(
      event_base* base, const Options& options);
  Healthbeacon(const Healthbeacon&) = delete;
  Healthbeacon& operator=(const Healthbeacon&) = delete;

  void Start();

  // Draining: up, but no new flows, until EndDrain().
  void Drain();
  void EndDrain();

  // Takes over other options and reads the key file and the weight file again:
  // all of it, or after an error nothing. Errors of Create(), and
  // InvalidArgument for an option that only a restart can change: the address,
  // the ports, the group, the interface and the state file. Checks that are not
  // the same as before begin again; until they have a verdict nothing is sent.
  absl::Status Reload(const Options& options);

  // Says "down" and then nothing more, and calls `done`; see BeaconSender.
  // Without it, destruction is silent: load balancers keep the backend for
  // their timeout.
  // Ends a drain, so that the next start brings the backend back.
  void SayDown(std::function<void()> done);

  const Options& options() const { return options_; }
  uint32_t key_id() const { return signer_.key_id(); }  // 0: no key
  // What it says now, for `systemctl status`: "up".
  std::string StatusText() const;

 private:
  Healthbeacon(event_base* base, const Options& options,
               const BeaconSender::Options& beacon, MulticastSender multicast,
               BeaconSigner signer, std::unique_ptr<WeightFile> weight_file,
               std::unique_ptr<LoadFeedback> load_feedback);

  std::unique_ptr<HealthChecks> NewChecks(const HealthChecks::Options& options);

  std::optional<BeaconSender::Report> Report() const;
  uint16_t Weight() const;
  void OnChange();
  void SetDraining(bool draining);

  event_base* const base_;
  Options options_;
  const DrainFile drain_file_;  // beside the state file
  bool draining_;
  BeaconSigner signer_;
  std::unique_ptr<WeightFile> weight_file_;      // may be null
  std::unique_ptr<LoadFeedback> load_feedback_;  // may be null
  std::unique_ptr<HealthChecks> checks_;
  BeaconSender sender_;
};

}  // namespace l275

#endif  // L275_WEB_HEALTHBEACON_HEALTHBEACON_H_
