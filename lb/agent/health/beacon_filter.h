#ifndef L275_LB_AGENT_HEALTH_BEACON_FILTER_H_
#define L275_LB_AGENT_HEALTH_BEACON_FILTER_H_

#include <cstdint>
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

// Decides which datagrams are beacons to be believed. What is cheap to check
// comes first, so that a flood of forgeries costs little:
//
//   form, a backend's address and port, a known key that may speak for it,
//   newer than the newest of its sender, the tag
//
// Memory does not grow with what strangers send: only beacons that passed all
// of it are remembered, and only subjects of the configuration can.
//
// What was signed with a key that is known no more does not count as newer: who
// stole that key can have used up all epochs with it.
//
// Without keys every well-formed beacon that is newer is believed, whoever sent
// it.
//
// Logs the first of each kind of rejection in a minute, and how many were left
// out. Reads no clock. Not thread-safe; lives on the agent's one thread.
class BeaconFilter {
 public:
  // Without keys: from a subject that was not heard for `forget_after`, an
  // older epoch is believed as well, since a clock that was set back must not
  // silence a server for ever. With keys that would be a way to replay.
  BeaconFilter(std::optional<BeaconKeys> keys,
               HealthTime::duration forget_after);

  // From now on these keys are known. Only for a filter that has keys.
  void SetKeys(BeaconKeys keys);

  // From now on these are the subjects of the configuration.
  void SetSubjects(std::set<HealthSubject> subjects);

  // The beacon in `bytes`, which came from `sender`; nullopt when it is not to
  // be believed. Counts it either way, and remembers it as the newest.
  std::optional<BeaconMessage> Check(absl::Span<const uint8_t> bytes,
                                     Ipv4Address sender, HealthTime now);

  // Logs how many rejections were left out, once their minute is over.
  void Tick(HealthTime now);

  const BeaconCounters& counters() const { return counters_; }
  // Null: everybody is believed.
  const BeaconKeys* keys() const { return keys_ ? &*keys_ : nullptr; }
  ReplayGuard& guard() { return guard_; }

 private:
  BeaconResult Judge(absl::Span<const uint8_t> bytes,
                     const BeaconMessage& message, HealthTime now) const;
  BeaconResult JudgeKey(const BeaconMessage& message) const;
  bool IsNews(const BeaconMessage& message, HealthTime now) const;
  bool IsKnown(uint32_t key_id) const;
  void Reject(BeaconResult result, Ipv4Address sender, HealthTime now,
              absl::FunctionRef<std::string()> what);

  std::optional<BeaconKeys> keys_;
  const HealthTime::duration forget_after_;
  std::set<HealthSubject> subjects_;
  ReplayGuard guard_;
  std::map<HealthSubject, HealthTime> heard_;  // without keys only
  BeaconCounters counters_;
  std::vector<LimitedLog> logs_;  // one for each BeaconResult
};

}  // namespace l275

#endif  // L275_LB_AGENT_HEALTH_BEACON_FILTER_H_
