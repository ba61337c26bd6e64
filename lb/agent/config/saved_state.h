#ifndef L275_LB_AGENT_CONFIG_SAVED_STATE_H_
#define L275_LB_AGENT_CONFIG_SAVED_STATE_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lb/agent/config/desired_state.h"

namespace l275 {

// What of the desired state outlives the agent: what was declared by flags or
// the services file, and what was made of it at run time. In a file as text:
//
//    # lb_agent's state, version 1. Written by lb_agent, not for editing.
//    declared { service { ... } }
//    desired { service { ... } }
//    # end
//
// A file that was cut off lacks the last line, and is refused.
struct SavedState {
  DesiredState declared;
  DesiredState desired;

  std::string ToText() const;
  // InvalidArgument, with the file's name, for a text that ToText() did not
  // make.
  static absl::StatusOr<SavedState> FromText(absl::string_view text,
                                             const std::string& file);

  // Nothing when there is no such file.
  static absl::StatusOr<std::optional<SavedState>> Load(
      const std::string& path);
  // Returns when the disk has it. On an error the file is as before.
  absl::Status Save(const std::string& path) const;
};

}  // namespace l275

#endif  // L275_LB_AGENT_CONFIG_SAVED_STATE_H_
