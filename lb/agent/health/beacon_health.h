#ifndef L275_LB_AGENT_HEALTH_BEACON_HEALTH_H_
#define L275_LB_AGENT_HEALTH_BEACON_HEALTH_H_

#include <event2/event.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lb/agent/health/beacon_filter.h"
#include "lb/agent/health/beacon_receiver.h"
#include "lb/agent/health/health_monitor.h"
#include "lb/agent/health/replay_store.h"

namespace l275 {

// Everything about beacons, from the socket to what each service does with its
// backends:
//
//   receiver ─► filter (keys, replay guard) ─► monitor ─► on_change
//                          │ ▲
//                          ▼ │ state file
//
// Owns these parts; the loop outlives it. Runs on the loop's thread.
class BeaconHealth {
 public:
  struct Options {
    BeaconReceiver::Options receiver;
    HealthMonitor::Options monitor;
    std::string keys_file;  // empty: beacons are accepted without keys
    // Where the newest beacons are saved, see ReplayStore. Empty: nowhere.
    // Without keys the file is neither read nor written.
    std::string state_file;
  };

  // Begins to listen. Errors: those of BeaconKeys::Read(),
  // ReplayStore::Create() and BeaconReceiver::Create(). For `on_change` see
  // HealthMonitor.
  static absl::StatusOr<std::unique_ptr<BeaconHealth>> Create(
      event_base* base, const Options& options,
      std::function<void()> on_change);

  BeaconHealth(const BeaconHealth&) = delete;
  BeaconHealth& operator=(const BeaconHealth&) = delete;

  // See HealthMonitor.
  void PresumeUp(std::map<HealthSubject, bool> draining) {
    monitor_.PresumeUp(std::move(draining));
  }

  // Replaces the services. See HealthMonitor.
  void SetServices(const HealthServices& services, HealthTime now);

  // Reads the keys file again. An error changes nothing. Without a keys file
  // there is nothing to do.
  absl::Status ReloadKeys();

  // Whether beacons gave every backend of every service a state since the
  // start.
  bool HasHeardAll() const;

  // See BeaconReceiver.
  void OnLinksChanged() { receiver_->OnLinksChanged(); }

  const HealthMonitor& monitor() const { return monitor_; }
  const BeaconFilter& filter() const { return filter_; }
  const Options& options() const { return options_; }

 private:
  BeaconHealth(const Options& options, std::optional<BeaconKeys> keys,
               std::function<void()> on_change);

  absl::Status Start(event_base* base);

  const Options options_;
  BeaconFilter filter_;
  HealthMonitor monitor_;
  std::unique_ptr<ReplayStore> store_;
  std::unique_ptr<BeaconReceiver> receiver_;
};

}  // namespace l275

#endif  // L275_LB_AGENT_HEALTH_BEACON_HEALTH_H_
