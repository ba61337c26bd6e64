// Runs the program itself, beside a real nginx and checks that are programs.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/beacon/beacon_message.h"
#include "common/os/unique_fd.h"
#include "web/healthbeacon/testing/healthbeacon_rig.h"

namespace l275 {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using State = BeaconMessage::State;

constexpr char kHttp[] = "--check=http://127.0.0.1:8080/healthz";

// Answers with what is in the folder's status.conf; hosts other than
// www.example.org get 404.
constexpr char kNginx[] = R"(
daemon off; master_process off; pid FOLDER/nginx.pid; error_log stderr warn;
events {}
http {
  access_log off;
  client_body_temp_path FOLDER/1; proxy_temp_path FOLDER/2;
  fastcgi_temp_path FOLDER/3; uwsgi_temp_path FOLDER/4; scgi_temp_path FOLDER/5;
  server { listen 127.0.0.1:8080; location / { return 404; } }
  server {
    listen 127.0.0.1:8080; server_name www.example.org;
    location = /healthz { include FOLDER/status.conf; }
  }
})";

class HealthbeaconChecksTest : public HealthbeaconRig {
 protected:
  std::unique_ptr<Program> StartNginx(int status) {
    SetStatus(status);
    const std::string path = Write(
        "nginx.conf", absl::StrReplaceAll(kNginx, {{"FOLDER", folder()}}));
    const TestNamespace::Scope scope(web_);
    auto nginx = std::make_unique<Program>(
        "/usr/sbin/nginx",
        std::vector<std::string>{"-e", "stderr", "-p", folder(), "-c", path});
    WaitUntilListening();
    return nginx;
  }

  // In the thread's network namespace. The first check shall find a server.
  static void WaitUntilListening() {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(8080);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const auto deadline = steady_clock::now() + std::chrono::seconds(60);
    while (steady_clock::now() < deadline) {
      const UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
      if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&address),
                  sizeof(address)) == 0) {
        return;
      }
      usleep(1000);
    }
    ADD_FAILURE() << "nginx does not listen";
  }

  void SetStatus(int status) {
    Write("status.conf", absl::StrCat("return ", status, ";"));
  }

  // A check without an answer fails after so long: by default sooner than a
  // busy machine may take to answer.
  std::unique_ptr<Program> StartChecking(int timeout_ms = 30'000) {
    return Start({kHttp, "--check_host=www.example.org",
                  absl::StrCat("--check_timeout_ms=", timeout_ms)});
  }

  Listener listener_ = Listen();
};

TEST_F(HealthbeaconChecksTest, NginxIsUpAndSoIsTheBeacon) {
  const auto nginx = StartNginx(200);
  const auto program = StartChecking();
  const BeaconMessage message = listener_.ReceiveUntil(State::kUp);
  EXPECT_EQ(message.check_validity_ms, 200u + 30'000 + 100);
  for (int i = 0; i < 30; ++i) {
    const BeaconMessage next = listener_.Receive();
    EXPECT_EQ(next.state, State::kUp);
    EXPECT_LE(next.check_age_ms, next.check_validity_ms);
  }
}

TEST_F(HealthbeaconChecksTest, NginxEndsAndStartsAgain) {
  auto nginx = StartNginx(204);
  const auto program = StartChecking();
  listener_.ReceiveUntil(State::kUp);
  nginx.reset();  // SIGKILL
  listener_.Skip();
  listener_.ReceiveUntil(State::kDown);
  EXPECT_TRUE(program->WaitForErrorLine(
      "check http://127.0.0.1:8080/healthz failed: cannot connect"));
  nginx = StartNginx(301);
  listener_.ReceiveUntil(State::kUp);
  EXPECT_TRUE(
      program->WaitForErrorLine("check http://127.0.0.1:8080/healthz is good"));
}

TEST_F(HealthbeaconChecksTest, NginxHangsAndGoesOn) {
  const auto nginx = StartNginx(200);
  const auto program = StartChecking(/*timeout_ms=*/500);
  listener_.ReceiveUntil(State::kUp);
  nginx->Signal(SIGSTOP);
  listener_.Skip();
  listener_.ReceiveUntil(State::kDown);
  EXPECT_TRUE(program->WaitForErrorLine("failed: no answer within 500 ms"));
  nginx->Signal(SIGCONT);
  listener_.ReceiveUntil(State::kUp);
}

TEST_F(HealthbeaconChecksTest, TheBeaconAgesWhileACheckHangs) {
  const auto nginx = StartNginx(200);
  const auto program = StartChecking();
  listener_.ReceiveUntil(State::kUp);
  nginx->Signal(SIGSTOP);
  const BeaconMessage old = listener_.ReceiveUntil(
      [](const auto& message) { return message.check_age_ms > 1000; });
  EXPECT_EQ(old.state, State::kUp);
}

TEST_F(HealthbeaconChecksTest, NginxAnswersWithAnError) {
  const auto nginx = StartNginx(503);
  const auto program = StartChecking();
  EXPECT_EQ(listener_.Receive().state, State::kDown);
  EXPECT_TRUE(program->WaitForErrorLine("failed: status 503"));
  EXPECT_EQ(listener_.Receive().state, State::kDown);
}

TEST_F(HealthbeaconChecksTest, WithoutItsHostNginxDoesNotKnowThePath) {
  const auto nginx = StartNginx(200);
  const auto program = Start({kHttp, "--check_timeout_ms=5000"});
  EXPECT_EQ(listener_.Receive().state, State::kDown);
  EXPECT_TRUE(program->WaitForErrorLine("failed: status 404"));
}

TEST_F(HealthbeaconChecksTest, SaysNothingUntilThereIsAVerdict) {
  const std::string slow = Write(
      "slow", "#!/bin/sh\nwhile ! test -e $0.go; do sleep 0.01; done\n", 0755);
  const auto program =
      Start({"--check=exec:" + slow, "--check_timeout_ms=60000", "--rise=1"});
  EXPECT_EQ(listener_.ReceiveWithin(milliseconds(200)), std::nullopt);
  Write("slow.go", "");
  const BeaconMessage first = listener_.Receive();
  EXPECT_EQ(first.state, State::kUp);
  EXPECT_EQ(first.sequence, 1u);
}

TEST_F(HealthbeaconChecksTest, OneBadCheckOfSeveralIsDownAtOnceThreeTimes) {
  const auto nginx = StartNginx(200);
  const std::string program_check =
      Write("check",
            "#!/bin/sh\ntest ! -e $0.bad || { echo broken; exit 4; }\n", 0755);
  const auto program =
      Start({absl::StrCat("--check=tcp:127.0.0.1:8080,exec:", program_check),
             "--interval_ms=60000"});
  ASSERT_EQ(listener_.Receive().state, State::kUp);
  Write("check.bad", "");
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(listener_.Receive().state, State::kDown);
  }
  EXPECT_TRUE(program->WaitForErrorLine(absl::StrCat(
      "check exec:", program_check, " failed: exit code 4: broken")));
  unlink((folder() + "/check.bad").c_str());
  EXPECT_EQ(listener_.Receive().state, State::kUp);
  EXPECT_THAT(program->ErrorLines(),
              Not(Contains(HasSubstr("check tcp:127.0.0.1:8080 failed"))));
}

TEST_F(HealthbeaconChecksTest, ACheckThatHangsIsKilledWithItsChildren) {
  const std::string check =
      Write("check", "#!/bin/sh\nsleep 1000 & echo $! >$0.child; wait\n", 0755);
  const auto program =
      Start({"--check=exec:" + check, "--check_timeout_ms=1000"});
  EXPECT_EQ(listener_.Receive().state, State::kDown);
  EXPECT_TRUE(program->WaitForErrorLine("failed: no answer within 1000 ms"));
  const auto deadline = steady_clock::now() + std::chrono::seconds(60);
  pid_t child = 0;
  while (child == 0 && steady_clock::now() < deadline) {
    std::ifstream(check + ".child") >> child;
    usleep(5000);
  }
  ASSERT_GT(child, 0);
  program->Signal(SIGTERM);
  EXPECT_EQ(program->Wait(), 0);
  const auto runs = [child] {
    std::string name;
    std::ifstream(absl::StrCat("/proc/", child, "/cmdline")) >> name;
    return !name.empty();  // a zombie has none
  };
  while (runs() && steady_clock::now() < deadline) usleep(5000);
  EXPECT_FALSE(runs());
}

// Silence must not last for intervals of checks: load balancers' timeout would
// end first.
TEST_F(HealthbeaconChecksTest, OneGoodRunSufficesAtTheStart) {
  const auto nginx = StartNginx(200);
  const auto program = Start({kHttp, "--check_host=www.example.org", "--rise=5",
                              "--check_interval_ms=60000"});
  EXPECT_EQ(listener_.Receive().state, State::kUp);
}

TEST_F(HealthbeaconChecksTest, ACheckWhoseProgramGoesAwayFails) {
  const std::string check = Write("check", "#!/bin/sh\nexit 0\n", 0755);
  const auto program = Start({"--check=exec:" + check});
  listener_.ReceiveUntil(State::kUp);
  unlink(check.c_str());
  listener_.ReceiveUntil(State::kDown);
  EXPECT_TRUE(program->WaitForErrorLine(
      "failed: cannot be run: No such file or directory"));
}

TEST_F(HealthbeaconChecksTest, DownIsStrongerThanADrain) {
  const auto nginx = StartNginx(200);
  const auto program = StartChecking();
  listener_.ReceiveUntil(State::kUp);
  program->Signal(SIGUSR1);
  listener_.ReceiveUntil(State::kDraining);
  nginx->Signal(SIGSTOP);
  listener_.ReceiveUntil(State::kDown);
  nginx->Signal(SIGCONT);
  listener_.ReceiveUntil(State::kDraining);
  program->Signal(SIGINT);
  EXPECT_EQ(program->Wait(), 0);
  listener_.ReceiveUntil(State::kDown);
}

}  // namespace
}  // namespace l275
