// Runs the program itself: its beacons, its interface, its end.

#include <errno.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>

#include "common/beacon/beacon_message.h"
#include "common/os/unique_fd.h"
#include "common/testing/test_namespace.h"
#include "web/healthbeacon/testing/healthbeacon_rig.h"

namespace l275 {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using State = BeaconMessage::State;

constexpr milliseconds kDeadline{60'000};

using HealthbeaconTest = HealthbeaconRig;

TEST_F(HealthbeaconTest, SendsWhatItsFlagsSay) {
  Listener listener(lb_, "lb0", "239.1.2.3", 4343);
  const auto program =
      Start({"--interval_ms=30", "--group=239.1.2.3", "--port=4343"});
  const BeaconMessage first = listener.Receive();
  EXPECT_EQ(first.address.ToString(), "10.0.0.101");
  EXPECT_EQ(first.state, State::kUp);
  EXPECT_EQ(first.interval_ms, 30u);
  EXPECT_EQ(first.sequence, 1u);
  EXPECT_EQ(listener.ttl(), 1);
  const auto now_us = std::chrono::duration_cast<std::chrono::microseconds>(
                          std::chrono::system_clock::now().time_since_epoch())
                          .count();
  EXPECT_NEAR(static_cast<double>(first.epoch), static_cast<double>(now_us),
              60e6);
  const BeaconMessage second = listener.Receive();
  EXPECT_EQ(second.sequence, 2u);
  EXPECT_EQ(second.epoch, first.epoch);
}

TEST_F(HealthbeaconTest, SendsABeaconEveryHundredMillisecondsByDefault) {
  Listener listener = Listen();
  const auto program = StartWith(RequiredFlags());
  EXPECT_EQ(listener.Receive().interval_ms, 100u);
  const auto begin = listener.arrived();
  for (int i = 0; i < 10; ++i) listener.Receive();
  // 10 % of jitter; what a busy machine adds has no limit.
  EXPECT_GT(listener.arrived() - begin, milliseconds(880));
  auto last = listener.arrived();
  listener.ReceiveUntil([&](const BeaconMessage&) {
    return listener.arrived() - std::exchange(last, listener.arrived()) <
           milliseconds(120);
  });
}

TEST_F(HealthbeaconTest, AnotherStartHasALaterEpoch) {
  Listener listener = Listen();
  auto program = Start();
  const uint64_t epoch = listener.Receive().epoch;
  program->Signal(SIGTERM);
  ASSERT_EQ(program->Wait(), 0);
  listener.Skip();
  program = Start();
  const BeaconMessage message = listener.Receive();
  EXPECT_EQ(message.sequence, 1u);
  EXPECT_GT(message.epoch, epoch);
}

// A restart: load balancers must not hear that anything happened.
TEST_F(HealthbeaconTest, SigtermEndsSilently) {
  Listener listener = Listen();
  const auto program = Start();
  ASSERT_EQ(listener.Receive().state, State::kUp);
  program->Signal(SIGTERM);
  EXPECT_EQ(program->Wait(), 0);
  // All that it sent has arrived: the namespaces are on one machine.
  while (const auto message = listener.ReceiveWithin(milliseconds(0))) {
    EXPECT_EQ(message->state, State::kUp);
  }
  EXPECT_TRUE(program->WaitForErrorLine("SIGTERM: ending silently"));
}

TEST_F(HealthbeaconTest, SigintSaysDownAndExitsWithSuccess) {
  Listener listener = Listen();
  const auto program = Start();
  ASSERT_EQ(listener.Receive().state, State::kUp);
  program->Signal(SIGINT);
  EXPECT_EQ(program->Wait(), 0);
  ExpectLastBeacons(&listener);
  EXPECT_TRUE(program->WaitForErrorLine("SIGINT: saying \"down\""));
}

TEST_F(HealthbeaconTest, TheLastBeaconsAreSomeMillisecondsApart) {
  Listener listener = Listen();
  const auto program = Start();
  ASSERT_EQ(listener.Receive().state, State::kUp);
  program->Signal(SIGINT);
  while (listener.Receive().state == State::kUp) continue;
  const auto begin = listener.arrived();
  for (int i = 1; i < 3; ++i) EXPECT_EQ(listener.Receive().state, State::kDown);
  // 10 ms, less what the loop's coarse clock takes.
  EXPECT_GT(listener.arrived() - begin, milliseconds(4));
  EXPECT_EQ(program->Wait(), 0);
}

TEST_F(HealthbeaconTest, SurvivesItsInterface) {
  std::optional<Listener> listener(Listen());
  const auto program = Start();
  const BeaconMessage before = listener->Receive();
  web_.Ip("link del web0");
  ASSERT_TRUE(program->WaitForErrorLine("beacons cannot be sent"));
  Connect();
  listener.reset();  // its membership died with lb0
  listener.emplace(Listen());
  const BeaconMessage after = listener->Receive();
  EXPECT_EQ(after.epoch, before.epoch);
  EXPECT_GT(after.sequence, before.sequence + 1);
  ASSERT_TRUE(program->WaitForErrorLine("beacons are sent again"));
  EXPECT_THAT(program->ErrorLines(),
              ElementsAre(HasSubstr("--insecure_beacons"),
                          HasSubstr("speaks for"), HasSubstr("checks nothing"),
                          HasSubstr("beacons cannot be sent, trying again: "),
                          HasSubstr("beacons are sent again; ")));
}

TEST_F(HealthbeaconTest, SurvivesItsInterfaceGoingDown) {
  Listener listener = Listen();
  const auto program = Start();
  listener.Receive();
  web_.Ip("link set web0 down");
  ASSERT_TRUE(program->WaitForErrorLine("beacons cannot be sent"));
  web_.Ip("link set web0 up");
  ASSERT_TRUE(program->WaitForErrorLine("beacons are sent again"));
  EXPECT_THAT(
      program->ErrorLines(),
      ElementsAre(HasSubstr("--insecure_beacons"), HasSubstr("speaks for"),
                  HasSubstr("checks nothing"),
                  HasSubstr("sendto(239.0.0.1:4242) on web0: Network is "
                            "unreachable"),
                  HasSubstr("beacons are sent again; ")));
}

TEST_F(HealthbeaconTest, StopsWithSuccessWithoutItsInterface) {
  Listener listener = Listen();
  const auto program = Start();
  listener.Receive();
  web_.Ip("link del web0");
  ASSERT_TRUE(program->WaitForErrorLine("beacons cannot be sent"));
  program->Signal(SIGINT);
  EXPECT_TRUE(program->WaitForErrorLine("no beacon could be sent"));
  EXPECT_EQ(program->Wait(), 0);
}

TEST_F(HealthbeaconTest, TellsSystemdWhenItIsReadyAndWhenItStops) {
  // An abstract address: of the network namespace, gone with its socket.
  constexpr char kName[] = "@l275-healthbeacon-notify";
  const TestNamespace::Scope scope(web_);
  const UniqueFd notify(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::copy(kName + 1, kName + sizeof(kName) - 1, address.sun_path + 1);
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) +
                                           sizeof(kName) - 1);
  ASSERT_EQ(bind(notify.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
  const auto next = [&notify] {
    char text[100];
    if (!WaitReadable(notify.get(), kDeadline)) return std::string("nothing");
    return std::string(text, recv(notify.get(), text, sizeof(text), 0));
  };

  setenv("NOTIFY_SOCKET", kName, 1);
  const auto program = Start();
  unsetenv("NOTIFY_SOCKET");
  EXPECT_EQ(next(),
            "READY=1\nSTATUS=up, checks nothing but that the host runs");
  program->Signal(SIGTERM);
  EXPECT_EQ(next(), "STOPPING=1");
  EXPECT_EQ(program->Wait(), 0);
}

}  // namespace
}  // namespace l275
