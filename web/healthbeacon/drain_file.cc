#include "web/healthbeacon/drain_file.h"

#include <errno.h>
#include <glog/logging.h>
#include <unistd.h>

#include <cstring>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/os/read_file.h"
#include "common/os/write_file.h"

namespace l275 {
namespace {

constexpr char kBootId[] = "/proc/sys/kernel/random/boot_id";

}  // namespace

bool DrainFile::Exists() const {
  const absl::StatusOr<std::string> drained = ReadFile(path_);
  const absl::StatusOr<std::string> boot = ReadFile(kBootId);
  return drained.ok() && boot.ok() && *drained == *boot;
}

void DrainFile::Write() const {
  const absl::StatusOr<std::string> boot = ReadFile(kBootId);
  const absl::Status written =
      boot.ok() ? WriteFileAtomically(path_, *boot) : boot.status();
  LOG_IF(WARNING, !written.ok())
      << "a restart will end the drain: " << written.message();
}

void DrainFile::Remove() const {
  if (unlink(path_.c_str()) == 0 || errno == ENOENT) return;
  LOG(WARNING) << "a restart will begin the drain again: cannot remove "
               << path_ << ": " << std::strerror(errno);
}

}  // namespace l275
