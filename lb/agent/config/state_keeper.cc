#include "lb/agent/config/state_keeper.h"

#include <glog/logging.h>

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/os/status_util.h"
#include "lb/agent/config/change.h"
#include "lb/agent/config/merge.h"
#include "lb/agent/config/saved_state.h"

namespace l275 {
namespace {

void LogReplaced(const std::string& change) {
  LOG(WARNING) << "a newer services file replaces what was changed at run "
                  "time: "
               << change;
}

}  // namespace

absl::StatusOr<DesiredState> StateKeeper::Start() {
  L275_ASSIGN_OR_RETURN(declared_, source_.Read());
  if (state_file_.empty()) return declared_;
  absl::StatusOr<std::optional<SavedState>> saved =
      SavedState::Load(state_file_);
  if (!saved.ok()) return Annotate(saved.status(), "--state_file");
  if (!saved->has_value()) return declared_;
  const SavedState& earlier = **saved;
  MergedState merged =
      MergeDesired(earlier.declared, earlier.desired, declared_);
  replaced_ = std::move(merged.replaced);
  for (const std::string& line : replaced_) LogReplaced(line);
  for (std::string& line : RemoveVipBackends(merged.state)) {
    LOG(ERROR) << "left out of what was changed at run time: " << line;
    replaced_.push_back(std::move(line));
  }
  for (const std::string& line : Changes(merged.state)) {
    LOG(INFO) << "changed at run time: " << line;
  }
  return std::move(merged.state);
}

absl::StatusOr<StateKeeper::Reread> StateKeeper::ReadAgain(
    const DesiredState& desired) const {
  Reread reread;
  L275_ASSIGN_OR_RETURN(reread.declared, source_.Read());
  reread.merged = MergeDesired(declared_, desired, reread.declared);
  L275_RETURN_IF_ERROR(CheckBackends(reread.merged.state));
  return reread;
}

void StateKeeper::Declare(Reread reread) {
  declared_ = std::move(reread.declared);
  replaced_ = std::move(reread.merged.replaced);
  for (const std::string& line : replaced_) LogReplaced(line);
}

absl::Status StateKeeper::Save(const DesiredState& desired) {
  if (state_file_.empty()) return absl::OkStatus();
  const SavedState state = {declared_, desired};
  std::string text = state.ToText();
  if (saved_.ok() && text == written_) return saved_;
  saved_ = state.Save(state_file_);
  if (saved_.ok()) {
    written_ = std::move(text);
  } else {
    saved_ = Annotate(saved_, "--state_file");
    LOG(ERROR) << "the state is not saved: " << saved_.message();
  }
  return saved_;
}

std::vector<std::string> StateKeeper::Changes(
    const DesiredState& desired) const {
  return DescribeChanges(declared_, desired);
}

}  // namespace l275
