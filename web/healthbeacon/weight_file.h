#ifndef L275_WEB_HEALTHBEACON_WEIGHT_FILE_H_
#define L275_WEB_HEALTHBEACON_WEIGHT_FILE_H_

#include <event2/event.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/event/fd_watch.h"
#include "common/os/unique_fd.h"

namespace l275 {

// A weight that is a number in a file, in percent: read again whenever
// something changes in the file's folder (inotify(7)), so that a file that is
// replaced by rename(2), or is a link into a folder that is, is followed too. A
// content that is no weight is one line in the log, and the last weight stays.
//
// The loop outlives it. Runs on the loop's thread.
class WeightFile {
 public:
  // Reads the file for the first time. NotFound: it cannot be read or watched;
  // InvalidArgument: it is no weight. Both name the file.
  static absl::StatusOr<std::unique_ptr<WeightFile>> Create(event_base* base,
                                                            std::string path);
  WeightFile(const WeightFile&) = delete;
  WeightFile& operator=(const WeightFile&) = delete;

  uint16_t weight() const { return weight_; }

 private:
  WeightFile(std::string path, UniqueFd inotify);
  absl::Status Watch();
  absl::Status ReadNow();
  void LogIfNew(const absl::Status& read);
  void OnChange();
  void Reload();

  const std::string path_;
  uint16_t weight_ = 0;
  std::string last_error_;  // as logged, empty: none
  UniqueFd inotify_;
  std::optional<FdWatch> changed_;  // destroyed before inotify_
};

// A whole number from 0 to 1000, with white space around it. InvalidArgument
// quotes the beginning of what there is.
absl::StatusOr<uint16_t> ParseWeight(absl::string_view text);

}  // namespace l275

#endif  // L275_WEB_HEALTHBEACON_WEIGHT_FILE_H_
