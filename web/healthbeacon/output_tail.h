#ifndef L275_WEB_HEALTHBEACON_OUTPUT_TAIL_H_
#define L275_WEB_HEALTHBEACON_OUTPUT_TAIL_H_

#include <event2/event.h>

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "common/event/fd_watch.h"
#include "common/os/unique_fd.h"

namespace l275 {

// Takes what a child process prints, however much, so that it never waits for a
// reader, and keeps the end of it. Runs on the loop's thread.
class OutputTail {
 public:
  static constexpr size_t kMaxBytes = 200;

  explicit OutputTail(event_base* base) : base_(base) {}

  // A new pipe: the end to write to, which the child gets. What was kept of the
  // pipe before is forgotten.
  absl::StatusOr<UniqueFd> Open();

  // Reads what is there, and no more. The last line with something in it: at
  // most its last kMaxBytes bytes, those that do not print made "?".
  std::string Close();

 private:
  bool ReadSome();

  event_base* const base_;
  std::string text_;
  UniqueFd pipe_;
  std::optional<FdWatch> readable_;  // destroyed before pipe_
};

}  // namespace l275

#endif  // L275_WEB_HEALTHBEACON_OUTPUT_TAIL_H_
