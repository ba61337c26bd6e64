#include "web/healthbeacon/testing/program.h"

#include <fcntl.h>
#include <glog/logging.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"

namespace l275 {
namespace {

constexpr std::chrono::seconds kDeadline{60};

UniqueFd TemporaryFile() {
  UniqueFd fd(
      open(::testing::TempDir().c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  PCHECK(fd);
  return fd;
}

}  // namespace

Program::Program(const std::string& path, const std::vector<std::string>& flags)
    : stderr_(TemporaryFile()) {
  std::vector<char*> argv = {const_cast<char*>(path.c_str())};
  for (const auto& flag : flags) {
    argv.push_back(const_cast<char*>(flag.c_str()));
  }
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, stderr_.get(), STDERR_FILENO);
  CHECK_EQ(
      posix_spawn(&pid_, path.c_str(), &actions, nullptr, argv.data(), environ),
      0)
      << path;
  posix_spawn_file_actions_destroy(&actions);
}

Program::~Program() {
  if (pid_ == 0) return;
  Signal(SIGKILL);
  Wait();
}

void Program::Signal(int number) const { PCHECK(kill(pid_, number) == 0); }

int Program::Wait() {
  int status = 0;
  PCHECK(waitpid(pid_, &status, 0) == pid_);
  pid_ = 0;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::vector<std::string> Program::ErrorLines() const {
  std::string text(100'000, '\0');
  const ssize_t size = pread(stderr_.get(), text.data(), text.size(), 0);
  PCHECK(size >= 0);
  text.resize(static_cast<size_t>(size));
  return absl::StrSplit(text, '\n', absl::SkipEmpty());
}

bool Program::WaitForErrorLine(const std::string& part, int times) const {
  const auto deadline = std::chrono::steady_clock::now() + kDeadline;
  while (std::chrono::steady_clock::now() < deadline) {
    const std::vector<std::string> lines = ErrorLines();
    const auto found = std::count_if(
        lines.begin(), lines.end(),
        [&part](const auto& line) { return absl::StrContains(line, part); });
    if (found >= times) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return false;
}

}  // namespace l275
