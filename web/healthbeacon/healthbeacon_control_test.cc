// Runs the program itself: what an operator tells it by signals and files.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/beacon/beacon_keys.h"
#include "common/beacon/beacon_message.h"
#include "web/healthbeacon/testing/healthbeacon_rig.h"

namespace l275 {
namespace {

using std::chrono::milliseconds;
using State = BeaconMessage::State;

constexpr char kOldKey[] = "1 * 00112233445566778899aabbccddeeff\n";
constexpr char kNewKey[] = "2 10.0.0.101 102132435465768798a9bacbdcedfe0f\n";

class HealthbeaconControlTest : public HealthbeaconRig {
 protected:
  std::unique_ptr<Program> StartWithKey(const std::string& file) {
    return StartWith({"--interface=web0", "--address=10.0.0.101",
                      "--interval_ms=20",
                      absl::StrCat("--state_file=", folder(), "/epoch"),
                      absl::StrCat("--key_file=", file)});
  }

  void Replace(const std::string& path, const std::string& text) {
    const std::string next = Write("next", text, 0600);
    ASSERT_EQ(rename(next.c_str(), path.c_str()), 0);
  }

  BeaconMessage ReceiveWeight(uint16_t weight) {
    return listener_.ReceiveUntil(
        [weight](const auto& message) { return message.weight == weight; });
  }

  Listener listener_ = Listen();
};

TEST_F(HealthbeaconControlTest, SpeaksForAllPortsOfTheHostByDefault) {
  const auto program = Start();
  const BeaconMessage message = listener_.Receive();
  EXPECT_EQ(message.port, 0);
  EXPECT_EQ(message.weight, 100);
  EXPECT_EQ(message.key_id, 0u);
  EXPECT_EQ(message.check_age_ms, 0u);
  EXPECT_EQ(message.check_validity_ms, 0u);
}

TEST_F(HealthbeaconControlTest, SpeaksForOnePort) {
  const auto program = Start({"--service_port=8443"});
  EXPECT_EQ(listener_.Receive().port, 8443);
}

TEST_F(HealthbeaconControlTest, Sigusr1StartsADrainAndSigusr2EndsIt) {
  const auto program = Start();
  ASSERT_EQ(listener_.Receive().state, State::kUp);
  for (int i = 1; i <= 2; ++i) {
    program->Signal(SIGUSR1);
    listener_.ReceiveUntil(State::kDraining);
    program->Signal(SIGUSR2);
    listener_.ReceiveUntil(State::kUp);
    EXPECT_TRUE(program->WaitForErrorLine("draining: no new flows", i));
    EXPECT_TRUE(program->WaitForErrorLine("the drain is over", i));
  }
  program->Signal(SIGUSR1);
  listener_.ReceiveUntil(State::kDraining);
  program->Signal(SIGINT);
  EXPECT_EQ(program->Wait(), 0);
  listener_.ReceiveUntil(State::kDown);
}

TEST_F(HealthbeaconControlTest, ADrainIsAnnouncedAtOnce) {
  const auto program = Start({"--interval_ms=60000"});
  ASSERT_EQ(listener_.Receive().state, State::kUp);
  program->Signal(SIGUSR1);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(listener_.Receive().state, State::kDraining);
  }
  program->Signal(SIGUSR1);  // changes nothing
  program->Signal(SIGUSR2);
  EXPECT_EQ(listener_.Receive().state, State::kUp);
  EXPECT_EQ(listener_.ReceiveWithin(milliseconds(100)), std::nullopt);
}

TEST_F(HealthbeaconControlTest, AnnouncesAWeight) {
  const auto program = Start({"--weight=250"});
  EXPECT_EQ(listener_.Receive().weight, 250);
}

TEST_F(HealthbeaconControlTest, FollowsAWeightFile) {
  const std::string path = Write("weight", "60\n");
  const auto program = Start({"--weight_file=" + path});
  EXPECT_EQ(listener_.Receive().weight, 60);
  Write("weight", "70\n");
  ReceiveWeight(70);
  Replace(path, "80");
  ReceiveWeight(80);
  Replace(path, "many");
  EXPECT_TRUE(program->WaitForErrorLine("\"many\" is no weight"));
  listener_.Skip();
  EXPECT_EQ(listener_.Receive().weight, 80);
  Replace(path, "0");
  EXPECT_EQ(ReceiveWeight(0).state, State::kUp);
}

TEST_F(HealthbeaconControlTest, AnIdleHostAnnouncesItsWeightWithLoadFeedback) {
  // How it falls is load_curve_test's business.
  const auto program = Start({"--load_feedback=cpu", "--weight=40"});
  EXPECT_EQ(listener_.Receive().weight, 40);
}

TEST_F(HealthbeaconControlTest, SignsWithTheKeyOfItsFile) {
  const auto program = StartWithKey(Write("keys", kOldKey, 0600));
  EXPECT_EQ(listener_.Receive().key_id, 1u);
  const auto keys = BeaconKeys::Parse(kOldKey, "keys");
  EXPECT_TRUE(keys->Find(1)->Verify(listener_.bytes()));
}

TEST_F(HealthbeaconControlTest,
       SighupTakesTheNewKeyAndKeepsTheOldOneIfItIsBad) {
  const std::string path = Write("keys", kOldKey, 0600);
  const auto program = StartWithKey(path);
  EXPECT_EQ(listener_.Receive().key_id, 1u);
  Replace(path, "junk");
  program->Signal(SIGHUP);
  EXPECT_TRUE(
      program->WaitForErrorLine("SIGHUP: nothing changed: --key_file: "));
  listener_.Skip();
  EXPECT_EQ(listener_.Receive().key_id, 1u);
  Replace(path, kNewKey);
  program->Signal(SIGHUP);
  const BeaconMessage message = listener_.ReceiveUntil(
      [](const auto& beacon) { return beacon.key_id == 2; });
  EXPECT_EQ(message.state, State::kUp);
  const auto keys = BeaconKeys::Parse(kNewKey, "keys");
  EXPECT_TRUE(keys->Find(2)->Verify(listener_.bytes()));
}

TEST_F(HealthbeaconControlTest, SighupReadsTheFlagFileAgain) {
  const std::string path = Write("flags", "# ours\n--weight=50\n");
  const auto program = Start({"--flagfile=" + path});
  const BeaconMessage first = listener_.Receive();
  EXPECT_EQ(first.weight, 50);
  Replace(path, "--interval_ms=30\n--check=exec:/bin/true\n--fall=2\n");
  program->Signal(SIGHUP);
  const BeaconMessage next = ReceiveWeight(100);
  EXPECT_EQ(next.interval_ms, 30u);
  EXPECT_EQ(next.check_validity_ms, 200u + 2 * 500 + 100);
  EXPECT_EQ(next.epoch, first.epoch);
  EXPECT_TRUE(program->WaitForErrorLine("checks exec:/bin/true every 200 ms"));
}

TEST_F(HealthbeaconControlTest, SighupChangesAllOrNothing) {
  const std::string path = Write("flags", "--weight=50\n");
  const auto program = Start({"--flagfile=" + path});
  EXPECT_EQ(listener_.Receive().weight, 50);
  const struct {
    const char* flags;
    const char* complaint;
  } rows[] = {
      {"--weight=60\n--check=exec:/nonexistent\n", "--check: /nonexistent: No"},
      {"--weight=60\nfall=3\n", ":2: \"fall=3\"; expected a flag"},
      {"--weight=60\n--fall=many\n", "\"--fall=many\" is no flag, or its"},
      {"--weight=60\n--address=10.0.0.102\n", "--address is another one"},
      {"--weight=1001\n", "--weight=1001: expected 0 to 1000"},
  };
  int complaints = 0;
  for (const auto& [flags, complaint] : rows) {
    SCOPED_TRACE(flags);
    Replace(path, flags);
    program->Signal(SIGHUP);
    EXPECT_TRUE(program->WaitForErrorLine("nothing changed", ++complaints));
    EXPECT_TRUE(program->WaitForErrorLine(complaint));
    listener_.Skip();
    EXPECT_EQ(listener_.Receive().weight, 50);
  }
  unlink(path.c_str());
  program->Signal(SIGHUP);
  EXPECT_TRUE(program->WaitForErrorLine("--flagfile: cannot read "));
  listener_.Skip();
  EXPECT_EQ(listener_.Receive().weight, 50);
}

// Reloads come from package upgrades and ansible's handlers.
TEST_F(HealthbeaconControlTest, SighupIsNoDrainAndKeepsOne) {
  const auto program = Start();
  ASSERT_EQ(listener_.Receive().state, State::kUp);
  program->Signal(SIGHUP);
  EXPECT_TRUE(program->WaitForErrorLine("SIGHUP: read everything again"));
  listener_.Skip();
  EXPECT_EQ(listener_.Receive().state, State::kUp);
  program->Signal(SIGUSR1);
  listener_.ReceiveUntil(State::kDraining);
  program->Signal(SIGHUP);
  EXPECT_TRUE(program->WaitForErrorLine("SIGHUP: read everything again", 2));
  listener_.Skip();
  EXPECT_EQ(listener_.Receive().state, State::kDraining);
}

// An upgrade in the middle of a maintenance.
TEST_F(HealthbeaconControlTest, ARestartKeepsADrainAndSigintEndsIt) {
  auto program = Start();
  ASSERT_EQ(listener_.Receive().state, State::kUp);
  program->Signal(SIGUSR1);
  listener_.ReceiveUntil(State::kDraining);
  program->Signal(SIGTERM);
  ASSERT_EQ(program->Wait(), 0);
  listener_.Skip();
  program = Start();
  EXPECT_EQ(listener_.Receive().state, State::kDraining);
  EXPECT_TRUE(program->WaitForErrorLine("draining, since before this start"));
  program->Signal(SIGINT);
  ASSERT_EQ(program->Wait(), 0);
  listener_.Skip();
  program = Start();
  EXPECT_EQ(listener_.Receive().state, State::kUp);
}

TEST_F(HealthbeaconControlTest, SaysAtTheStartWhatItDoes) {
  const auto program = StartWithKey(Write("keys", kOldKey, 0600));
  EXPECT_TRUE(program->WaitForErrorLine(
      "speaks for 10.0.0.101, all services: a beacon every 20 ms to "
      "239.0.0.1:4242 on web0, signed with key 1, weight 100%"));
  EXPECT_TRUE(program->WaitForErrorLine(
      "checks nothing: without --check it vouches for the host only"));
  const auto checking = Start({"--check=exec:/bin/true,tcp:127.0.0.1:80",
                               "--service_port=80", "--fall=2"});
  EXPECT_TRUE(checking->WaitForErrorLine(
      "speaks for 10.0.0.101, services of port 80: "));
  EXPECT_TRUE(checking->WaitForErrorLine(
      "checks exec:/bin/true, tcp:127.0.0.1:80 every 200 ms, each for at most "
      "500 ms: 2 bad runs in a row: down, 2 good runs: up again"));
}

TEST_F(HealthbeaconControlTest, RefusesAKeyThatOthersCanRead) {
  const auto program = StartWithKey(Write("keys", kOldKey, 0640));
  EXPECT_EQ(program->Wait(), 1);
  EXPECT_EQ(program->ErrorLines().size(), 1u);
  EXPECT_TRUE(program->WaitForErrorLine("healthbeacon: --key_file: "));
}

TEST_F(HealthbeaconControlTest, RefusesAKeyOfAnotherServer) {
  const auto program = StartWithKey(
      Write("keys", "3 10.0.0.102 00112233445566778899aabbccddeeff\n", 0600));
  EXPECT_EQ(program->Wait(), 1);
  EXPECT_TRUE(program->WaitForErrorLine("no key may speak for 10.0.0.101"));
}

TEST_F(HealthbeaconControlTest, TheEpochGrowsAlthoughTheClockWasSetBack) {
  // As if the start before had been in the year 2100.
  Write("epoch", "4102444800000000\n");
  for (const uint64_t epoch : {4102444800000001u, 4102444800000002u}) {
    const auto program = Start();
    EXPECT_EQ(listener_.Receive().epoch, epoch);
    program->Signal(SIGTERM);
    EXPECT_EQ(program->Wait(), 0);
    listener_.Skip();
  }
}

TEST_F(HealthbeaconControlTest, AStateFileThatCannotBeWrittenIsAWarning) {
  const auto program = Start({"--state_file=/proc/epoch"});
  EXPECT_EQ(listener_.Receive().state, State::kUp);
  EXPECT_TRUE(program->WaitForErrorLine("--state_file: open(/proc/epoch.new)"));
}

}  // namespace
}  // namespace l275
