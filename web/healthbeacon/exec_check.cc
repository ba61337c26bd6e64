#include "web/healthbeacon/exec_check.h"

#include <errno.h>
#include <fcntl.h>
#include <glog/logging.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/os/status_util.h"

namespace l275 {
namespace {

struct Actions {
  Actions() { posix_spawn_file_actions_init(&actions); }
  ~Actions() { posix_spawn_file_actions_destroy(&actions); }
  Actions(const Actions&) = delete;
  Actions& operator=(const Actions&) = delete;

  posix_spawn_file_actions_t actions;
};

struct Attributes {
  Attributes() { posix_spawnattr_init(&attributes); }
  ~Attributes() { posix_spawnattr_destroy(&attributes); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;

  posix_spawnattr_t attributes;
};

// A group of its own, and signals as a program expects them.
void SetAttributes(posix_spawnattr_t* attributes) {
  sigset_t all;
  sigset_t none;
  sigfillset(&all);
  sigemptyset(&none);
  posix_spawnattr_setpgroup(attributes, 0);
  posix_spawnattr_setsigdefault(attributes, &all);
  posix_spawnattr_setsigmask(attributes, &none);
  posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETPGROUP |
                                           POSIX_SPAWN_SETSIGDEF |
                                           POSIX_SPAWN_SETSIGMASK);
}

void SetFiles(int output, posix_spawn_file_actions_t* actions) {
  posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY,
                                   0);
  posix_spawn_file_actions_adddup2(actions, output, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(actions, output, STDERR_FILENO);
  posix_spawn_file_actions_addclosefrom_np(actions, STDERR_FILENO + 1);
}

// glibc 2.36 declares its own without extern "C".
int OpenPidfd(pid_t pid) {
  return static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
}

absl::Status JudgeExit(int status, const std::string& last_line) {
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return absl::OkStatus();
  const std::string how =
      WIFEXITED(status) ? absl::StrCat("exit code ", WEXITSTATUS(status))
                        : absl::StrCat("killed by signal ", WTERMSIG(status),
                                       " (", strsignal(WTERMSIG(status)), ")");
  return absl::UnavailableError(
      last_line.empty() ? how : absl::StrCat(how, ": ", last_line));
}

}  // namespace

absl::Status ExecCheck::CheckProgram(const std::string& path) {
  struct stat file = {};
  if (stat(path.c_str(), &file) != 0) return ErrnoStatus(errno, path);
  if (!S_ISREG(file.st_mode)) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, " is no file; expected a program"));
  }
  if (access(path.c_str(), X_OK) != 0) {
    return absl::PermissionDeniedError(
        absl::StrCat(path, " cannot be executed: ", std::strerror(errno)));
  }
  return absl::OkStatus();
}

ExecCheck::ExecCheck(event_base* base, std::string path)
    : base_(base), path_(std::move(path)), output_(base) {}

void ExecCheck::Start(Done done) {
  done_ = std::move(done);
  waiting_ = pid_ != 0;
  if (!waiting_) Run();
}

// A child that was killed is reaped by OnExit().
void ExecCheck::Cancel() {
  done_ = nullptr;
  waiting_ = false;
  if (pid_ != 0) kill(-pid_, SIGKILL);
}

void ExecCheck::Run() {
  const absl::Status spawned = Spawn();
  if (!spawned.ok()) return Finish(spawned);
  const absl::Status watched = WatchChild();
  if (watched.ok()) return;
  (void)Reap();
  Finish(watched);
}

absl::Status ExecCheck::Spawn() {
  L275_ASSIGN_OR_RETURN(const UniqueFd output, output_.Open());
  Attributes attributes;
  SetAttributes(&attributes.attributes);
  Actions files;
  SetFiles(output.get(), &files.actions);
  std::string name = path_;
  char* const argv[] = {name.data(), nullptr};
  const int error = posix_spawn(&pid_, path_.c_str(), &files.actions,
                                &attributes.attributes, argv, environ);
  if (error == 0) return absl::OkStatus();
  pid_ = 0;
  return absl::UnavailableError(
      absl::StrCat("cannot be run: ", std::strerror(error)));
}

absl::Status ExecCheck::WatchChild() {
  pidfd_.reset(OpenPidfd(pid_));
  if (!pidfd_) return ErrnoStatus(errno, "pidfd_open");
  exited_.emplace(base_, pidfd_.get(), FdWatch::kReadable,
                  [this] { OnExit(); });
  return absl::OkStatus();
}

void ExecCheck::OnExit() {
  exited_.reset();
  const absl::Status result = Reap();
  if (std::exchange(waiting_, false)) return Run();
  if (done_) Finish(result);
}

void ExecCheck::Finish(const absl::Status& result) {
  std::exchange(done_, nullptr)(result);
}

// Kills what is left of the group first: until the leader is reaped, nobody
// else can have its number.
absl::Status ExecCheck::Reap() {
  kill(-pid_, SIGKILL);
  int status = 0;
  PCHECK(TEMP_FAILURE_RETRY(waitpid(pid_, &status, 0)) == pid_);
  pid_ = 0;
  return JudgeExit(status, output_.Close());
}

}  // namespace l275
