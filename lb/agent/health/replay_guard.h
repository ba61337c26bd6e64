#ifndef L275_LB_AGENT_HEALTH_REPLAY_GUARD_H_
#define L275_LB_AGENT_HEALTH_REPLAY_GUARD_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lb/agent/health/health_subject.h"

namespace l275 {

// Remembers the newest beacon of each subject, so that no beacon is accepted
// twice, or after a newer one. So beacons that an attacker recorded and sends
// again have no effect, even after a restart of the agent.
//
// A beacon is newer if its epoch is later, or if its epoch is the same and its
// sequence is later. Senders make sure that their epochs grow, whatever their
// clocks do. No clock is read here.
//
// The thief of a key can use up all epochs of the key's server. A new key makes
// an end of that: see KeyOf().
//
// A backend that is removed from the configuration is remembered, in case it
// comes back. Entries are never deleted, unless the saved file is.
class ReplayGuard {
 public:
  bool IsNewer(const HealthSubject& subject, uint64_t epoch,
               uint64_t sequence) const;

  // The epoch of the subject's newest beacon; nullopt if it has none.
  std::optional<uint64_t> EpochOf(const HealthSubject& subject) const;

  // The key that signed the subject's newest beacon, 0 for an unsigned one;
  // nullopt if the subject has no beacon. Once that key is removed, callers
  // should accept any epoch and sequence.
  std::optional<uint32_t> KeyOf(const HealthSubject& subject) const;

  // From now on this is the subject's newest beacon.
  void Remember(const HealthSubject& subject, uint64_t epoch, uint64_t sequence,
                uint32_t key_id);

  // Replaces the subjects of the configuration. One that is removed is not in
  // Senders() any more until a beacon of it is accepted again.
  void SetSubjects(const std::set<HealthSubject>& subjects);

  // The subjects of the configuration of which this agent, or an earlier one,
  // accepted a beacon.
  std::set<HealthSubject> Senders() const;

  // One line for each subject: address, port, epoch, sequence, key, and "gone"
  // if it is not in the configuration any more. The last line, "end" and the
  // number of lines before it, shows that the text is whole.
  std::string ToText() const;

  // Adds the entries of a text that ToText() wrote. InvalidArgument names the
  // line; then nothing is added.
  absl::Status AddText(absl::string_view text);

  // Whether anything has changed since OnSaved().
  bool has_changed() const { return has_changed_; }
  void OnSaved() { has_changed_ = false; }

 private:
  struct Newest {
    uint64_t epoch = 0;
    uint64_t sequence = 0;
    uint32_t key_id = 0;
    bool gone = false;
  };
  using Entries = std::map<HealthSubject, Newest>;

  static absl::StatusOr<Entries> Parse(absl::string_view text);
  static absl::Status ParseLine(absl::string_view line, Entries* entries);

  Entries entries_;
  bool has_changed_ = false;
};

}  // namespace l275

#endif  // L275_LB_AGENT_HEALTH_REPLAY_GUARD_H_
