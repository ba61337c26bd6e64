#include "lb/agent/config/saved_state.h"

#include <google/protobuf/text_format.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/control/control.pb.h"
#include "common/os/read_file.h"
#include "common/os/status_util.h"
#include "common/os/write_file.h"
#include "lb/agent/config/desired_state_proto.h"

namespace l275 {
namespace {

constexpr char kFirstLine[] =
    "# lb_agent's state, version 1. Written by lb_agent, not for editing.\n";
constexpr char kLastLine[] = "# end\n";

absl::Status Refused(const std::string& file, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat(
      file, ": ", why, "; remove it to start with what is declared alone"));
}

}  // namespace

std::string SavedState::ToText() const {
  control::SavedState message;
  *message.mutable_declared() = DesiredStateToProto(declared);
  *message.mutable_desired() = DesiredStateToProto(desired);
  std::string text;
  google::protobuf::TextFormat::PrintToString(message, &text);
  return absl::StrCat(kFirstLine, text, kLastLine);
}

absl::StatusOr<SavedState> SavedState::FromText(absl::string_view text,
                                                const std::string& file) {
  if (!absl::StartsWith(text, kFirstLine)) {
    return Refused(file, "not a state of this lb_agent's");
  }
  if (!absl::EndsWith(text, kLastLine)) return Refused(file, "cut off");
  control::SavedState message;
  if (!google::protobuf::TextFormat::ParseFromString(std::string(text),
                                                     &message)) {
    return Refused(file, "damaged");
  }
  absl::StatusOr<DesiredState> declared =
      DesiredStateFromAgent(message.declared());
  absl::StatusOr<DesiredState> desired =
      DesiredStateFromAgent(message.desired());
  for (const auto* state : {&declared, &desired}) {
    if (!state->ok()) return Refused(file, state->status().message());
  }
  return SavedState{*std::move(declared), *std::move(desired)};
}

absl::StatusOr<std::optional<SavedState>> SavedState::Load(
    const std::string& path) {
  if (access(path.c_str(), F_OK) != 0 && errno == ENOENT) {
    return std::optional<SavedState>();
  }
  L275_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  L275_ASSIGN_OR_RETURN(SavedState state, FromText(text, path));
  return std::optional<SavedState>(std::move(state));
}

absl::Status SavedState::Save(const std::string& path) const {
  return WriteFileDurably(path, ToText());
}

}  // namespace l275
