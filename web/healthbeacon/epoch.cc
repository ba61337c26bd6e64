#include "web/healthbeacon/epoch.h"

#include <glog/logging.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/os/read_file.h"
#include "common/os/write_file.h"

namespace l275 {
namespace {

// 0: no start is known before.
uint64_t LastEpoch(const std::string& path) {
  if (access(path.c_str(), F_OK) != 0 && errno == ENOENT) return 0;
  const absl::StatusOr<std::string> text = ReadFile(path);
  if (!text.ok()) {
    LOG(WARNING) << "--state_file: " << text.status().message();
    return 0;
  }
  uint64_t epoch;
  if (absl::SimpleAtoi(*text, &epoch) &&
      epoch < std::numeric_limits<uint64_t>::max()) {
    return epoch;
  }
  LOG(WARNING) << "--state_file: " << path << " holds \""
               << absl::CEscape(text->substr(0, 40))
               << "\"; expected a number: writing it anew";
  return 0;
}

}  // namespace

uint64_t NextEpoch(const std::string& state_file,
                   std::chrono::system_clock::time_point now) {
  const auto clock = std::chrono::duration_cast<std::chrono::microseconds>(
      now.time_since_epoch());
  const uint64_t last = LastEpoch(state_file);
  const uint64_t epoch =
      std::max(static_cast<uint64_t>(clock.count()), last + 1);
  const absl::Status written =
      WriteFileDurably(state_file, absl::StrCat(epoch, "\n"));
  LOG_IF(WARNING, !written.ok())
      << "--state_file: " << written.message()
      << "; if the clock is set back before the next start, load balancers "
         "will take its beacons for replays";
  return epoch;
}

}  // namespace l275
