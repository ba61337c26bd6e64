#ifndef L275_LB_AGENT_HEALTH_REPLAY_GUARD_H_
#define L275_LB_AGENT_HEALTH_REPLAY_GUARD_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "lb/agent/health/health_subject.h"

namespace l275 {

// Remembers each subject's newest beacon, so that none is believed twice, nor
// after a newer one: whoever records beacons and sends them again, also after
// the agent was started anew, changes nothing.
//
// Newer is a later epoch, or the same and a later sequence. Senders see to it
// that their epochs grow, whatever their clocks do. No clock is read here.
//
// A backend that is removed from the configuration is remembered, in case it
// comes back: entries end with the file only.
class ReplayGuard {
 public:
  bool IsNews(const HealthSubject& subject, uint64_t epoch,
              uint64_t sequence) const;

  // Of the subject's newest beacon; nullopt when there was none.
  std::optional<uint64_t> EpochOf(const HealthSubject& subject) const;

  // The newest of the subject from now on.
  void Remember(const HealthSubject& subject, uint64_t epoch,
                uint64_t sequence);

  // These are the subjects of the configuration. Others, if they come back
  // later, do not count as having a beacon of their own until one is heard.
  void SetSubjects(const std::set<HealthSubject>& subjects);

  // Who is known to send beacons, of this agent's time or of an earlier one's.
  std::set<HealthSubject> Speakers() const;

  // A line each: address, port, epoch, sequence, and "gone" for those that are
  // not of the configuration any more.
  std::string ToText() const;

  // Adds what ToText() wrote. InvalidArgument names the line, and adds nothing.
  absl::Status AddText(absl::string_view text);

  // Whether anything changed since the last call.
  bool TakeChanged();

 private:
  struct Newest {
    uint64_t epoch = 0;
    uint64_t sequence = 0;
    bool gone = false;
  };
  using Entries = std::map<HealthSubject, Newest>;

  static absl::Status ParseLine(absl::string_view line, Entries* entries);

  Entries entries_;
  bool changed_ = false;
};

}  // namespace l275

#endif  // L275_LB_AGENT_HEALTH_REPLAY_GUARD_H_
