#ifndef L275_LB_AGENT_HEALTH_BEACON_FILTER_H_
#define L275_LB_AGENT_HEALTH_BEACON_FILTER_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/types/span.h"
#include "common/beacon/beacon_keys.h"
#include "common/beacon/beacon_message.h"
#include "common/event/limited_log.h"
#include "lb/agent/health/beacon_result.h"
#include "lb/agent/health/health_subject.h"
#include "lb/agent/health/health_time.h"
#include "lb/agent/health/replay_guard.h"

namespace l275 {

// Decides which datagrams are accepted as beacons. The cheap checks come first,
// so that a flood of forgeries costs little:
//
//   1. the form
//   2. its address and port are a subject of the configuration
//   3. its key is known, and may sign for this address
//   4. it is newer than all beacons accepted from its sender before
//   5. the tag is the key's
//
// Memory does not grow with what strangers send: only accepted beacons are
// remembered, and these are of configured subjects.
//
// If the newest beacon of a sender was signed with a key that has been removed
// since, check 4 passes: the thief of that key may have used up all epochs.
//
// Without keys checks 3 and 5 pass, whichever host sent the beacon.
//
// Logs the first rejection of each kind in a minute, and how many were left
// out. Reads no clock. Not thread-safe; lives on the agent's one thread.
class BeaconFilter {
 public:
  // `forget_after` is for a filter without keys: if no beacon of a subject was
  // accepted for so long, one with another epoch is accepted although it is
  // older. A clock that was set back must not silence a server for ever. With
  // keys that would be a way to replay beacons.
  BeaconFilter(std::optional<BeaconKeys> keys,
               HealthTime::duration forget_after);

  // Replaces all keys. Only for a filter that has keys.
  void SetKeys(BeaconKeys keys);

  // Replaces the subjects of the configuration.
  void SetSubjects(std::set<HealthSubject> subjects);

  // Returns the beacon in `bytes`, which `sender` sent; nullopt if it is
  // rejected. Counts the datagram either way. Remembers an accepted beacon as
  // the newest of its subject.
  std::optional<BeaconMessage> Check(absl::Span<const uint8_t> bytes,
                                     Ipv4Address sender, HealthTime now);

  // Logs how many rejections were left out, once their minute is over.
  void Tick(HealthTime now);

  const BeaconCounters& counters() const { return counters_; }
  // Null: beacons are accepted without keys.
  const BeaconKeys* keys() const { return keys_ ? &*keys_ : nullptr; }
  ReplayGuard& guard() { return guard_; }

 private:
  BeaconResult Classify(absl::Span<const uint8_t> bytes,
                        const BeaconMessage& message, HealthTime now) const;
  BeaconResult ClassifyKey(const BeaconMessage& message) const;
  bool IsNewer(const BeaconMessage& message, HealthTime now) const;
  void Reject(BeaconResult result, Ipv4Address sender, HealthTime now,
              absl::FunctionRef<std::string()> what);

  std::optional<BeaconKeys> keys_;
  const HealthTime::duration forget_after_;
  std::set<HealthSubject> subjects_;
  ReplayGuard guard_;
  std::map<HealthSubject, HealthTime> last_accepted_;  // without keys only
  BeaconCounters counters_;
  std::vector<LimitedLog> logs_;  // one for each BeaconResult
};

}  // namespace l275

#endif  // L275_LB_AGENT_HEALTH_BEACON_FILTER_H_
