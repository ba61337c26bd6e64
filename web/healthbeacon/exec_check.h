#ifndef L275_WEB_HEALTHBEACON_EXEC_CHECK_H_
#define L275_WEB_HEALTHBEACON_EXEC_CHECK_H_

#include <event2/event.h>
#include <sys/types.h>

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "common/event/fd_watch.h"
#include "common/os/unique_fd.h"
#include "web/healthbeacon/check.h"
#include "web/healthbeacon/output_tail.h"

namespace l275 {

// Whether a program of the operator's exits with code 0. It is run by its
// absolute path, without a shell and without arguments, in the environment and
// as the user of this process, with nothing on its stdin. The last line that it
// prints becomes part of the reason when it fails.
//
// It leads a process group of its own. When it ends or is cancelled the whole
// group is killed, so that nothing piles up that a check left behind (unless it
// left the group as well). A run that begins while the one before, cancelled,
// is still dying waits for its end: should that hang in the kernel, the waiting
// one is never done.
class ExecCheck : public Check {
 public:
  // NotFound, PermissionDenied, FailedPrecondition: there is no such program,
  // or it cannot be executed. Looks at the file only.
  static absl::Status CheckProgram(const std::string& path);

  ExecCheck(event_base* base, std::string path);
  ~ExecCheck() override { Cancel(); }

  void Start(Done done) override;
  void Cancel() override;

 private:
  void Run();
  absl::Status Spawn();
  absl::Status WatchChild();
  void OnExit();
  void Finish(const absl::Status& result);
  absl::Status Reap();

  event_base* const base_;
  const std::string path_;
  Done done_;             // while one runs or waits
  pid_t pid_ = 0;         // not reaped yet; 0: none
  bool waiting_ = false;  // for the end of a child that was killed
  OutputTail output_;
  UniqueFd pidfd_;
  std::optional<FdWatch> exited_;  // destroyed before pidfd_
};

}  // namespace l275

#endif  // L275_WEB_HEALTHBEACON_EXEC_CHECK_H_
