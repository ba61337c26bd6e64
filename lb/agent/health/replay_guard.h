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

// Remembers each subject's newest beacon, so that none is believed twice, nor
// after a newer one: whoever records beacons and sends them again, also after
// the agent was started again, changes nothing.
//
// Newer is a later epoch, or the same and a later sequence. Senders see to it
// that their epochs grow, whatever their clocks do. No clock is read here.
//
// Who steals a key can use up the epochs of its server, but not those of the
// next key: see KeyOf().
//
// A backend that is removed from the configuration is remembered, in case it
// comes back: entries end with the file only.
class ReplayGuard {
 public:
  bool IsNews(const HealthSubject& subject, uint64_t epoch,
              uint64_t sequence) const;

  // Of the subject's newest beacon; nullopt when there was none.
  std::optional<uint64_t> EpochOf(const HealthSubject& subject) const;

  // That signed the subject's newest beacon, 0: none did; nullopt when there
  // was no beacon. Once the key is known no more, what was signed with it
  // counts no more either.
  std::optional<uint32_t> KeyOf(const HealthSubject& subject) const;

  // The newest of the subject from now on.
  void Remember(const HealthSubject& subject, uint64_t epoch, uint64_t sequence,
                uint32_t key_id);

  // These are the subjects of the configuration. Others, if they come back
  // later, do not count as having a beacon of their own until one is heard.
  void SetSubjects(const std::set<HealthSubject>& subjects);

  // Who is known to send beacons, of this agent's time or of an earlier one's.
  std::set<HealthSubject> Speakers() const;

  // A line each: address, port, epoch, sequence, key, and "gone" for those that
  // are not of the configuration any more. The last line, "end" and how many
  // there are, tells a whole text from one that was cut off.
  std::string ToText() const;

  // Adds what ToText() wrote. InvalidArgument names the line, and adds nothing.
  absl::Status AddText(absl::string_view text);

  // Whether anything was remembered since OnSaved().
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
