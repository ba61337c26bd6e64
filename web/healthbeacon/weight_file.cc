#include "web/healthbeacon/weight_file.h"

#include <errno.h>
#include <fcntl.h>
#include <glog/logging.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <cstring>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/beacon/beacon_message.h"
#include "common/os/status_util.h"

namespace l275 {
namespace {

// More than a number and white space need.
constexpr size_t kMaxBytes = 64;
constexpr size_t kMaxQuotedBytes = 16;

// A file is there anew, was written, or went; as did the folder.
constexpr uint32_t kEvents = IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE |
                             IN_DELETE | IN_MOVED_FROM | IN_MOVE_SELF |
                             IN_ONLYDIR;

std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// Its first bytes, and never more: neither a device nor a pipe blocks.
absl::StatusOr<std::string> ReadBeginning(const std::string& path) {
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  char buffer[kMaxBytes + 1];
  const ssize_t size =
      fd ? TEMP_FAILURE_RETRY(read(fd.get(), buffer, sizeof(buffer))) : -1;
  if (size >= 0) return std::string(buffer, static_cast<size_t>(size));
  return absl::NotFoundError(
      absl::StrCat("cannot read ", path, ": ", std::strerror(errno)));
}

}  // namespace

absl::StatusOr<uint16_t> ParseWeight(absl::string_view text) {
  uint32_t weight;
  if (text.size() <= kMaxBytes && absl::SimpleAtoi(text, &weight) &&
      weight <= BeaconMessage::kMaxWeight) {
    return static_cast<uint16_t>(weight);
  }
  return absl::InvalidArgumentError(
      absl::StrCat("\"", absl::CEscape(text.substr(0, kMaxQuotedBytes)),
                   text.size() > kMaxQuotedBytes ? "\"..." : "\"",
                   " is no weight; expected 0 to ", BeaconMessage::kMaxWeight,
                   " (percent)"));
}

absl::StatusOr<std::unique_ptr<WeightFile>> WeightFile::Create(
    event_base* base, std::string path) {
  UniqueFd inotify(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!inotify) return ErrnoStatus(errno, "inotify_init1");
  auto file =
      absl::WrapUnique(new WeightFile(std::move(path), std::move(inotify)));
  // In this order, so that no change is missed.
  L275_RETURN_IF_ERROR(file->Watch());
  L275_RETURN_IF_ERROR(file->ReadNow());
  file->changed_.emplace(base, file->inotify_.get(), FdWatch::kReadable,
                         [self = file.get()] { self->OnChange(); });
  return file;
}

WeightFile::WeightFile(std::string path, UniqueFd inotify)
    : path_(std::move(path)), inotify_(std::move(inotify)) {}

void WeightFile::Reload() {
  const uint16_t before = weight_;
  const absl::Status watched = Watch();
  LogIfNew(watched.ok() ? ReadNow() : watched);
  if (weight_ == before) return;
  LOG(INFO) << "weight " << weight_ << "% (was " << before << "%): " << path_;
}

// Again for a folder that is watched already: changes nothing.
absl::Status WeightFile::Watch() {
  const std::string folder = FolderOf(path_);
  if (inotify_add_watch(inotify_.get(), folder.c_str(), kEvents) >= 0) {
    return absl::OkStatus();
  }
  return absl::NotFoundError(absl::StrCat("cannot watch ", folder, ": ",
                                          std::strerror(errno),
                                          "; SIGHUP tries again"));
}

absl::Status WeightFile::ReadNow() {
  L275_ASSIGN_OR_RETURN(const std::string text, ReadBeginning(path_));
  const absl::StatusOr<uint16_t> weight = ParseWeight(text);
  if (!weight.ok()) return Annotate(weight.status(), path_);
  weight_ = *weight;
  return absl::OkStatus();
}

void WeightFile::LogIfNew(const absl::Status& read) {
  const std::string error(read.message());
  if (std::exchange(last_error_, error) == error || read.ok()) return;
  LOG(WARNING) << error << "; the weight stays " << weight_ << "%";
}

void WeightFile::OnChange() {
  alignas(inotify_event) char events[4096];
  while (TEMP_FAILURE_RETRY(read(inotify_.get(), events, sizeof(events))) > 0) {
  }
  Reload();
}

}  // namespace l275
