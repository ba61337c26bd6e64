#include "lb/agent/health/beacon_health.h"

#include <glog/logging.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "common/os/status_util.h"

namespace l275 {
namespace {

void LogTrust(const BeaconHealth::Options& options,
              const std::optional<BeaconKeys>& keys) {
  if (keys.has_value()) {
    LOG(INFO) << "beacons have to be signed with one of " << keys->size()
              << " keys of " << options.keys_file;
  } else {
    LOG(WARNING) << "INSECURE: beacons are believed without a key; whoever can "
                    "send to "
                 << options.receiver.group.ToString()
                 << " decides which backends get traffic";
  }
  LOG_IF(WARNING, options.state_file.empty() && keys.has_value())
      << "no file for the newest beacons: those from before this start can be "
         "replayed";
}

// With keys the log should have every change, even when a few hundred servers
// fail together. There is still a limit: a server that was broken into must not
// fill the log.
HealthMonitor::Options MonitorOptions(const BeaconHealth::Options& options) {
  HealthMonitor::Options monitor = options.monitor;
  if (!options.keys_file.empty()) monitor.log_lines_per_second = 100;
  return monitor;
}

}  // namespace

absl::StatusOr<std::unique_ptr<BeaconHealth>> BeaconHealth::Create(
    event_base* base, const Options& options, std::function<void()> on_change) {
  std::optional<BeaconKeys> keys;
  if (!options.keys_file.empty()) {
    L275_ASSIGN_OR_RETURN(keys, BeaconKeys::Read(options.keys_file));
  }
  LogTrust(options, keys);
  std::unique_ptr<BeaconHealth> health(
      new BeaconHealth(options, std::move(keys), std::move(on_change)));
  L275_RETURN_IF_ERROR(health->Start(base));
  return health;
}

BeaconHealth::BeaconHealth(const Options& options,
                           std::optional<BeaconKeys> keys,
                           std::function<void()> on_change)
    : options_(options),
      filter_(std::move(keys), options.monitor.timeout),
      monitor_(MonitorOptions(options), std::move(on_change)) {}

// Without keys the newest beacons are not saved: what strangers sent, epochs of
// the far future for example, must not count once there are keys.
absl::Status BeaconHealth::Start(event_base* base) {
  if (!options_.state_file.empty() && filter_.keys() != nullptr) {
    L275_ASSIGN_OR_RETURN(store_, ReplayStore::Create(base, options_.state_file,
                                                      &filter_.guard()));
    monitor_.SetKnownSenders(filter_.guard().Senders());
  }
  L275_ASSIGN_OR_RETURN(
      receiver_,
      BeaconReceiver::Create(base, options_.receiver, &filter_, &monitor_));
  return absl::OkStatus();
}

void BeaconHealth::SetServices(const HealthServices& services, HealthTime now) {
  filter_.SetSubjects(SubjectsOf(services));
  monitor_.SetServices(services, now);
}

absl::Status BeaconHealth::ReloadKeys() {
  if (options_.keys_file.empty()) return absl::OkStatus();
  L275_ASSIGN_OR_RETURN(BeaconKeys keys, BeaconKeys::Read(options_.keys_file));
  LOG(INFO) << "read " << options_.keys_file << ", " << keys.size() << " keys";
  filter_.SetKeys(std::move(keys));
  return absl::OkStatus();
}

bool BeaconHealth::HasHeardAll() const {
  const auto& services = monitor_.services();
  return std::all_of(
      services.begin(), services.end(), [&](const auto& service) {
        const auto& backends = service.second.backends();
        return std::all_of(
            backends.begin(), backends.end(), [&](const auto& b) {
              const SubjectState& state =
                  monitor_.SubjectOf(b.first, service.first.port)->second;
              return state.state() != Health::kUnknown && !state.presumed();
            });
      });
}

}  // namespace l275
