// Runs the program itself: what an operator tells it by signals and files.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <chrono>
#include <cstdio>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/beacon_keys.h"
#include "common/beacon_message.h"
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
  EXPECT_TRUE(program->WaitForErrorLine("--key_file: "));
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
