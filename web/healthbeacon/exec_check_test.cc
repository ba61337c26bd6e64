#include "web/healthbeacon/exec_check.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <chrono>
#include <fstream>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/event/libevent_ptr.h"
#include "common/event/repeated_timer.h"
#include "common/os/read_file.h"
#include "common/testing/run_until.h"
#include "web/healthbeacon/repeated_check.h"
#include "web/healthbeacon/testing/no_more_files.h"

namespace l275 {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;
using Verdict = CheckJudge::Verdict;

class ExecCheckTest : public ::testing::Test {
 protected:
  // A shell script as the operator's program.
  std::string Script(const std::string& text, mode_t mode = 0755) {
    const std::string path =
        absl::StrCat(::testing::TempDir(), "/check", ++scripts_);
    std::ofstream(path) << "#!/bin/sh\n" << text << "\n";
    EXPECT_EQ(chmod(path.c_str(), mode), 0);
    return path;
  }

  absl::Status Run(ExecCheck* check) {
    std::optional<absl::Status> result;
    check->Start([&result](const absl::Status& status) { result = status; });
    EXPECT_TRUE(
        RunUntil(base_.get(), [&result] { return result.has_value(); }));
    return result.value_or(absl::UnknownError("never done"));
  }

  std::string ReasonOf(const std::string& script) {
    ExecCheck check(base_.get(), Script(script));
    return std::string(Run(&check).message());
  }

  // Runs the loop until a script has written its number there.
  pid_t WaitForPid(const std::string& path) {
    pid_t pid = 0;
    EXPECT_TRUE(RunUntil(base_.get(), [&] {
      event_base_loop(base_.get(), EVLOOP_NONBLOCK);
      const absl::StatusOr<std::string> text = ReadFile(path);
      return text.ok() && EndsWithNewline(*text) &&
             absl::SimpleAtoi(*text, &pid);
    }));
    return pid;
  }

  static bool EndsWithNewline(const std::string& text) {
    return !text.empty() && text.back() == '\n';
  }

  // Not there, or a zombie that its new parent has not reaped yet.
  static bool IsGone(pid_t pid) {
    const auto stat = ReadFile(absl::StrCat("/proc/", pid, "/stat"));
    return !stat.ok() || stat->find(") Z ") != std::string::npos;
  }

  // So that RunUntil() looks at its condition although nothing happens.
  void Tick() {
    tick_.emplace(base_.get(), std::chrono::milliseconds(5), [] {});
  }

  EventBasePtr base_{event_base_new()};
  std::optional<RepeatedTimer> tick_;
  int scripts_ = 0;
};

TEST_F(ExecCheckTest, ExitCodeZeroIsGood) {
  ExecCheck check(base_.get(), Script("echo fine; exit 0"));
  EXPECT_TRUE(Run(&check).ok());
  EXPECT_TRUE(Run(&check).ok());
}

TEST_F(ExecCheckTest, OtherExitCodesAreBad) {
  EXPECT_EQ(ReasonOf("exit 1"), "exit code 1");
  EXPECT_EQ(ReasonOf("exit 255"), "exit code 255");
  EXPECT_EQ(ReasonOf("kill -SEGV $$"),
            "killed by signal 11 (Segmentation fault)");
}

TEST_F(ExecCheckTest, TheLastLineIsTheReason) {
  EXPECT_EQ(ReasonOf("echo one; echo disk full >&2; echo; exit 2"),
            "exit code 2: disk full");
  EXPECT_EQ(ReasonOf("printf 'a\\001b\\tc'; exit 2"), "exit code 2: a?b?c");
}

TEST_F(ExecCheckTest, MuchOutputNeitherBlocksNorIsKept) {
  EXPECT_THAT(ReasonOf("head -c 10000000 /dev/zero | tr '\\0' x; exit 3"),
              AllOf(StartsWith("exit code 3: xxx"),
                    SizeIs(std::string("exit code 3: ").size() +
                           OutputTail::kMaxBytes)));
}

TEST_F(ExecCheckTest, HasNoInputNoArgumentsAndNoForeignFiles) {
  // A descriptor without O_CLOEXEC, as a library may leave one open.
  const UniqueFd foreign(dup2(STDERR_FILENO, 99));
  EXPECT_EQ(ReasonOf("cat; test -e /proc/$$/fd/2 && echo $#; "
                     "test -e /proc/$$/fd/99 && echo foreign; exit 1"),
            "exit code 1: 0");
}

TEST_F(ExecCheckTest, IgnoresNoSignals) {
  signal(SIGPIPE, SIG_IGN);
  EXPECT_EQ(ReasonOf("kill -PIPE $$"), "killed by signal 13 (Broken pipe)");
}

TEST_F(ExecCheckTest, SaysWhatCannotBeRun) {
  ExecCheck missing(base_.get(), "/nonexistent/check");
  EXPECT_EQ(Run(&missing).message(),
            "cannot be run: No such file or directory");
  ExecCheck plain(base_.get(), Script("exit 0", 0644));
  EXPECT_EQ(Run(&plain).message(), "cannot be run: Permission denied");
  ExecCheck folder(base_.get(), "/tmp");
  EXPECT_EQ(Run(&folder).message(), "cannot be run: Permission denied");
}

TEST_F(ExecCheckTest, FailsWithoutFileDescriptors) {
  ExecCheck check(base_.get(), Script("exit 0"));
  {
    const NoMoreFiles none;
    EXPECT_EQ(Run(&check).message(), "pipe2: Too many open files");
  }
  EXPECT_TRUE(Run(&check).ok());
}

TEST_F(ExecCheckTest, CancelKillsTheWholeGroup) {
  Tick();
  const std::string file = absl::StrCat(::testing::TempDir(), "/group");
  const std::string child = absl::StrCat(::testing::TempDir(), "/child");
  ExecCheck check(base_.get(),
                  Script(absl::StrCat("(echo $$ >", file, "; sleep 1000) & ",
                                      "echo $! >", child, "; wait")));
  bool done = false;
  check.Start([&done](const absl::Status&) { done = true; });
  const pid_t leader = WaitForPid(file);
  const pid_t member = WaitForPid(child);
  ASSERT_GT(leader, 0);
  ASSERT_GT(member, 0);
  EXPECT_FALSE(IsGone(leader));
  check.Cancel();
  EXPECT_TRUE(
      RunUntil(base_.get(), [&] { return IsGone(leader) && IsGone(member); }));
  EXPECT_FALSE(done);
}

TEST_F(ExecCheckTest, TheEndKillsWhatIsLeftOfTheGroup) {
  Tick();
  const std::string file = absl::StrCat(::testing::TempDir(), "/left");
  ExecCheck check(base_.get(),
                  Script(absl::StrCat("sleep 1000 & echo $! >", file)));
  EXPECT_TRUE(Run(&check).ok());
  const pid_t left = WaitForPid(file);
  ASSERT_GT(left, 0);
  EXPECT_TRUE(RunUntil(base_.get(), [&] { return IsGone(left); }));
}

TEST_F(ExecCheckTest, ARunWaitsForTheEndOfACancelledOne) {
  const std::string script = Script("test -e $0.stop && exit 0; sleep 1000");
  ExecCheck check(base_.get(), script);
  check.Start([](const absl::Status&) { FAIL(); });
  check.Cancel();
  std::ofstream(script + ".stop") << "";
  const absl::Status again = Run(&check);
  EXPECT_TRUE(again.ok()) << again;
}

TEST_F(ExecCheckTest, ARunThatWaitsCanBeCancelled) {
  Tick();
  ExecCheck check(base_.get(), Script("sleep 1000"));
  for (int i = 0; i < 3; ++i) {
    check.Start([](const absl::Status&) { FAIL(); });
    check.Cancel();
  }
  ExecCheck other(base_.get(), Script("exit 0"));
  EXPECT_TRUE(Run(&other).ok());
}

TEST_F(ExecCheckTest, OneHangIsOneBadRun) {
  Tick();
  const std::string script =
      Script("echo >> $0.runs; test $(wc -l < $0.runs) -ne 3 || sleep 1000");
  RepeatedCheck::Options options;
  options.interval = std::chrono::milliseconds(10);
  options.timeout = std::chrono::milliseconds(3000);
  options.judge.fall = 2;
  RepeatedCheck check(base_.get(), "hangs once", options,
                      std::make_unique<ExecCheck>(base_.get(), script),
                      [&] { EXPECT_EQ(check.verdict(), Verdict::kGood); });
  check.Start();
  EXPECT_TRUE(RunUntil(base_.get(), [&] {
    const absl::StatusOr<std::string> runs = ReadFile(script + ".runs");
    return runs.ok() && runs->size() >= 6;
  }));
  EXPECT_EQ(check.verdict(), Verdict::kGood);
}

TEST_F(ExecCheckTest, DestructionKills) {
  Tick();
  const std::string file = absl::StrCat(::testing::TempDir(), "/destroyed");
  pid_t pid = 0;
  {
    ExecCheck check(base_.get(),
                    Script(absl::StrCat("echo $$ >", file, "; sleep 1000")));
    check.Start([](const absl::Status&) { FAIL(); });
    pid = WaitForPid(file);
    ASSERT_GT(pid, 0);
  }
  EXPECT_TRUE(RunUntil(base_.get(), [&] { return IsGone(pid); }));
}

TEST_F(ExecCheckTest, CheckProgramLooksAtTheFile) {
  EXPECT_TRUE(ExecCheck::CheckProgram(Script("exit 1")).ok());
  EXPECT_EQ(ExecCheck::CheckProgram("/nonexistent").message(),
            "/nonexistent: No such file or directory");
  EXPECT_EQ(ExecCheck::CheckProgram("/tmp").message(),
            "/tmp is no file; expected a program");
  EXPECT_THAT(
      std::string(ExecCheck::CheckProgram(Script("exit 0", 0644)).message()),
      EndsWith(" cannot be executed: Permission denied"));
}

}  // namespace
}  // namespace l275
