#include "lb/agent/health/replay_store.h"

#include <glog/logging.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>

#include "common/os/read_file.h"
#include "common/os/status_util.h"
#include "common/os/write_file.h"

namespace l275 {
namespace {

constexpr std::chrono::seconds kPeriod{1};

}  // namespace

absl::StatusOr<std::unique_ptr<ReplayStore>> ReplayStore::Create(
    event_base* base, const std::string& path, ReplayGuard* guard) {
  std::unique_ptr<ReplayStore> store(new ReplayStore(base, path, guard));
  L275_RETURN_IF_ERROR(store->Load());
  L275_RETURN_IF_ERROR(WriteFileAtomically(path, guard->ToText()));
  guard->OnSaved();
  return store;
}

ReplayStore::ReplayStore(event_base* base, const std::string& path,
                         ReplayGuard* guard)
    : path_(path), guard_(guard), timer_(base, kPeriod, [this] { Save(); }) {}

ReplayStore::~ReplayStore() { Save(); }

absl::Status ReplayStore::Load() {
  if (access(path_.c_str(), F_OK) != 0 && errno == ENOENT) {
    return absl::OkStatus();
  }
  L275_ASSIGN_OR_RETURN(const std::string text, ReadFile(path_));
  const absl::Status added = guard_->AddText(text);
  LOG_IF(ERROR, !added.ok())
      << path_ << ": " << added.message()
      << "; beacons from before this start can be replayed once";
  return absl::OkStatus();
}

void ReplayStore::Save() {
  if (!guard_->has_changed()) return;
  const absl::Status written = WriteFileAtomically(path_, guard_->ToText());
  if (written.ok()) guard_->OnSaved();
  if (written.ok() == is_written_) return;
  is_written_ = written.ok();
  if (is_written_) {
    LOG(INFO) << "writing " << path_ << " again";
  } else {
    LOG(ERROR) << "the newest beacons are not written down, trying again: "
               << written.message();
  }
}

}  // namespace l275
