#ifndef L275_LB_AGENT_HEALTH_REPLAY_STORE_H_
#define L275_LB_AGENT_HEALTH_REPLAY_STORE_H_

#include <event2/event.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/event/repeated_timer.h"
#include "lb/agent/health/replay_guard.h"

namespace l275 {

// Lets what a ReplayGuard remembers outlive the agent: reads it from a file,
// and writes the file every second while beacons come, and in the end. So an
// agent that is killed forgets a second of beacons at most; those can be
// replayed once each.
//
// Owns its timer; loop and guard outlive it. Runs on the loop's thread.
class ReplayStore {
 public:
  // A file that is not there yet is none remembered. One that is damaged or cut
  // off, as a power failure may leave it, is logged and replaced: traffic
  // matters more than the memory of beacons. Errors: the file is there and
  // cannot be read, or cannot be written; it is named.
  static absl::StatusOr<std::unique_ptr<ReplayStore>> Create(
      event_base* base, const std::string& path, ReplayGuard* guard);

  ~ReplayStore();
  ReplayStore(const ReplayStore&) = delete;
  ReplayStore& operator=(const ReplayStore&) = delete;

 private:
  ReplayStore(event_base* base, const std::string& path, ReplayGuard* guard);

  absl::Status Load();
  void Save();

  const std::string path_;
  ReplayGuard* const guard_;
  bool is_written_ = true;  // as last logged
  RepeatedTimer timer_;
};

}  // namespace l275

#endif  // L275_LB_AGENT_HEALTH_REPLAY_STORE_H_
