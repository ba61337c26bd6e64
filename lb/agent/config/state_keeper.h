#ifndef L275_LB_AGENT_CONFIG_STATE_KEEPER_H_
#define L275_LB_AGENT_CONFIG_STATE_KEEPER_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lb/agent/config/desired_source.h"
#include "lb/agent/config/desired_state.h"
#include "lb/agent/config/merge.h"

namespace l275 {

// Where the desired state is from, and where it is kept for the next agent:
//
//    flags, services file ─► declared ─┐
//    state file ───────────────────────┴─► desired ─► state file
//
// Not thread-safe.
class StateKeeper {
 public:
  // Without a state file ("") what is changed at run time ends with the agent.
  StateKeeper(DesiredSource source, std::string state_file)
      : source_(std::move(source)), state_file_(std::move(state_file)) {}

  // The desired state at the start: what is declared, with what was changed at
  // run time in an earlier agent (MergeDesired()). A backend of that which is a
  // VIP by now is left out. Errors name the file.
  absl::StatusOr<DesiredState> Start();

  // What the source declares when it is read again, and what that makes of the
  // desired state. Changes nothing: see Declare().
  struct Reread {
    DesiredState declared;
    MergedState merged;
  };
  absl::StatusOr<Reread> ReadAgain(const DesiredState& desired) const;

  // To be called once that is in effect.
  void Declare(Reread reread);

  // Run-time changes that gave way when the source was last read, a line each
  // (MergedState::replaced).
  const std::vector<std::string>& replaced() const { return replaced_; }
  void ForgetReplaced() { replaced_.clear(); }

  // Writes the state file, when that would say anything else than it does.
  // Returns when the disk has it.
  absl::Status Save(const DesiredState& desired);
  // The last Save()'s.
  const absl::Status& saved() const { return saved_; }

  // What was changed at run time, a line each.
  std::vector<std::string> Changes(const DesiredState& desired) const;

  const DesiredSource& source() const { return source_; }

 private:
  const DesiredSource source_;
  const std::string state_file_;
  DesiredState declared_;
  std::vector<std::string> replaced_;
  std::string written_;  // the file's content, as far as known
  absl::Status saved_;
};

}  // namespace l275

#endif  // L275_LB_AGENT_CONFIG_STATE_KEEPER_H_
