#include "lb/agent/health/beacon_receiver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "common/event/repeated_timer.h"
#include "common/testing/log_capture.h"
#include "common/testing/run_until.h"
#include "common/testing/test_namespace.h"

namespace l275 {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr uint16_t kPort = 4242;
constexpr Ipv4Address kGroup = Ipv4Address::FromHost(0xef000001);  // 239.0.0.1
constexpr Ipv4Address kBackend = Ipv4Address::FromHost(0x0a000065);
constexpr milliseconds kTimeout{600};

// A web server's end: sends datagrams out of an interface of its namespace.
class Sender {
 public:
  Sender(const TestNamespace& host, const char* interface) {
    const TestNamespace::Scope scope(host);
    socket_.reset(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ip_mreqn request = {};
    request.imr_ifindex = static_cast<int>(if_nametoindex(interface));
    PCHECK(setsockopt(socket_.get(), IPPROTO_IP, IP_MULTICAST_IF, &request,
                      sizeof(request)) == 0);
    message_.address = kBackend;
    message_.state = BeaconMessage::State::kUp;
    message_.interval_ms = 20;
    message_.epoch = 1;
  }

  void SendBeacon(Ipv4Address to = kGroup, uint16_t port = kPort) {
    ++message_.sequence;
    const BeaconMessage::Bytes bytes = message_.Encode();
    Send(std::string(bytes.begin(), bytes.end()), to, port);
  }

  // Unsent datagrams are of no interest: the network is cut in these tests.
  void Send(const std::string& bytes, Ipv4Address to = kGroup,
            uint16_t port = kPort) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = to.ToNetwork();
    address.sin_port = htons(port);
    sendto(socket_.get(), bytes.data(), bytes.size(), 0,
           reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  }

 private:
  UniqueFd socket_;
  BeaconMessage message_;
};

HealthMonitor::Options OptionsOf(milliseconds timeout) {
  HealthMonitor::Options options;
  options.timeout = timeout;
  options.up_after = 1;
  return options;
}

HealthServices ServicesOf(Ipv4Address backend) {
  HealthServices services;
  services[ServiceAddress()][backend] = true;
  return services;
}

// An LB with two interfaces to one web server: "beacon0" is the beacon network.
class BeaconReceiverTest : public ::testing::Test {
 protected:
  BeaconReceiverTest() {
    ConnectBeaconNetwork();
    lb_.Connect("front0", web_, "front0");
    lb_.Ip("addr add 10.0.0.2/24 dev front0");
    web_.Ip("addr add 10.0.0.101/24 dev front0");
    scope_ = std::make_unique<TestNamespace::Scope>(lb_);
    filter_.SetSubjects({{kBackend, 0}});
    monitor_.SetServices(ServicesOf(kBackend), HealthTime::clock::now());
  }

  void ConnectBeaconNetwork() {
    lb_.Connect("beacon0", web_, "beacon0");
    AddBeaconAddresses();
  }

  void AddBeaconAddresses() {
    lb_.Ip("addr add 10.1.0.2/24 dev beacon0");
    web_.Ip("addr add 10.1.0.101/24 dev beacon0");
  }

  void Listen(const std::string& interface = "beacon0") {
    auto receiver = BeaconReceiver::Create(
        base_.get(), {kGroup, kPort, interface}, &filter_, &monitor_);
    ASSERT_TRUE(receiver.ok()) << receiver.status();
    receiver_ = *std::move(receiver);
  }

  bool RunUntilState(Health state) {
    return RunUntil(base_.get(), [&] {
      return monitor_.subjects().at({kBackend, 0}).state() == state;
    });
  }

  // Beacons every 20 ms while the returned timer lives.
  RepeatedTimer SendBeacons(Sender* sender) {
    return {base_.get(), milliseconds(20), [sender] { sender->SendBeacon(); }};
  }

  uint64_t Count(BeaconResult result) { return filter_.counters().Of(result); }

  TestNamespace lb_;
  TestNamespace web_;
  std::unique_ptr<TestNamespace::Scope> scope_;
  EventBasePtr base_{event_base_new()};
  int changes_ = 0;
  BeaconFilter filter_{std::nullopt, kTimeout};
  HealthMonitor monitor_{OptionsOf(kTimeout), [this] { ++changes_; }};
  std::unique_ptr<BeaconReceiver> receiver_;
};

TEST_F(BeaconReceiverTest, HearsABackendAndItsSilence) {
  Listen();
  Sender sender(web_, "beacon0");
  {
    const RepeatedTimer beacons = SendBeacons(&sender);
    ASSERT_TRUE(RunUntilState(Health::kUp));
    // Longer than the timeout: what is heard is not called silent.
    ASSERT_TRUE(RunUntil(base_.get(),
                         [&] { return Count(BeaconResult::kAccepted) > 40; }));
    EXPECT_EQ(changes_, 1);
  }
  ASSERT_TRUE(RunUntilState(Health::kSilent));
  const SubjectState& backend = monitor_.subjects().at({kBackend, 0});
  const auto silence = backend.last_change() - *backend.last_beacon();
  EXPECT_GE(silence, kTimeout);
}

TEST_F(BeaconReceiverTest, CountsWhatIsNoBeacon) {
  Listen();
  Sender sender(web_, "beacon0");
  for (size_t size : {0, 1, 79, 80, 81, 1400}) {
    sender.Send(std::string(size, 'x'));
  }
  ASSERT_TRUE(RunUntil(base_.get(), [&] {
    return Count(BeaconResult::kMalformed) == 6;
  })) << Count(BeaconResult::kMalformed);
  EXPECT_EQ(Count(BeaconResult::kAccepted), 0u);
}

TEST_F(BeaconReceiverTest, TakesDatagramsToItsGroupOnItsInterfaceOnly) {
  const Ipv4Address other_group = Ipv4Address::FromHost(0xef000002);
  Listen();
  // Another process, which joined what the receiver must not hear through it.
  BeaconSocket other({other_group, kPort, "beacon0"});
  BeaconSocket front({kGroup, kPort, "front0"});
  ASSERT_TRUE(other.Reopen().ok());
  ASSERT_TRUE(front.Reopen().ok());

  Sender sender(web_, "beacon0");
  Sender front_sender(web_, "front0");
  sender.SendBeacon(other_group);
  sender.SendBeacon(Ipv4Address::FromHost(0x0a010002));  // 10.1.0.2, unicast
  sender.SendBeacon(kGroup, kPort + 1);
  front_sender.SendBeacon();
  // A mark behind them: datagrams arrive in order on a veth.
  sender.Send("end");
  ASSERT_TRUE(RunUntil(base_.get(),
                       [&] { return Count(BeaconResult::kMalformed) == 1; }));
  EXPECT_EQ(Count(BeaconResult::kAccepted), 0u);
  // The others did arrive at this host.
  char bytes[100];
  EXPECT_EQ(recv(other.fd(), bytes, sizeof(bytes), 0),
            static_cast<ssize_t>(BeaconMessage::kSize));
  EXPECT_EQ(recv(front.fd(), bytes, sizeof(bytes), 0),
            static_cast<ssize_t>(BeaconMessage::kSize));
}

TEST_F(BeaconReceiverTest, TwoOnOneHostBothHear) {
  Listen();
  BeaconFilter second_filter(std::nullopt, kTimeout);
  second_filter.SetSubjects({{kBackend, 0}});
  HealthMonitor second_monitor(OptionsOf(kTimeout), [] {});
  second_monitor.SetServices(ServicesOf(kBackend), HealthTime::clock::now());
  const auto second = BeaconReceiver::Create(
      base_.get(), {kGroup, kPort, "beacon0"}, &second_filter, &second_monitor);
  ASSERT_TRUE(second.ok()) << second.status();
  Sender(web_, "beacon0").SendBeacon();
  EXPECT_TRUE(RunUntil(base_.get(), [&] {
    return Count(BeaconResult::kAccepted) == 1 &&
           second_filter.counters().Of(BeaconResult::kAccepted) == 1;
  }));
}

TEST_F(BeaconReceiverTest, KeepsUpWithABurst) {
  Listen();
  Sender sender(web_, "beacon0");
  for (int i = 0; i < 2000; ++i) sender.SendBeacon();
  EXPECT_TRUE(RunUntil(base_.get(), [&] {
    return Count(BeaconResult::kAccepted) == 2000;
  })) << Count(BeaconResult::kAccepted);
}

// The loop stands still for longer than the timeout while beacons arrive: what
// was received counts before time does.
TEST_F(BeaconReceiverTest, AHeldUpLoopMakesNobodySilent) {
  Listen();
  Sender sender(web_, "beacon0");
  sender.SendBeacon();
  ASSERT_TRUE(RunUntilState(Health::kUp));
  sender.SendBeacon();
  std::this_thread::sleep_for(kTimeout + milliseconds(50));
  ASSERT_TRUE(RunUntil(base_.get(),
                       [&] { return Count(BeaconResult::kAccepted) == 2; }));
  EXPECT_EQ(changes_, 1);
}

TEST_F(BeaconReceiverTest, HearsAgainWhenToldOfAnInterfaceThatCameBack) {
  Listen();
  LogCapture log;
  {
    Sender sender(web_, "beacon0");
    sender.SendBeacon();
    ASSERT_TRUE(RunUntilState(Health::kUp));
  }
  log.Take();
  lb_.Ip("link del beacon0");
  receiver_->OnLinksChanged();
  receiver_->OnLinksChanged();
  EXPECT_THAT(log.Take(),
              ElementsAre("cannot listen for beacons to 239.0.0.1:4242 on "
                          "beacon0 any more, trying again: interface "
                          "\"beacon0\" does not exist"));
  ConnectBeaconNetwork();
  receiver_->OnLinksChanged();
  receiver_->OnLinksChanged();
  EXPECT_THAT(log.Take(), ElementsAre("listening for beacons to 239.0.0.1:4242 "
                                      "on beacon0 again"));
  Sender sender(web_, "beacon0");
  sender.Send("first");
  EXPECT_TRUE(RunUntil(base_.get(),
                       [&] { return Count(BeaconResult::kMalformed) == 1; }));
}

// Nobody tells of the link: half a timeout without a beacon is enough.
TEST_F(BeaconReceiverTest, FindsAnInterfaceThatCameBackByItself) {
  Listen();
  lb_.Ip("link del beacon0");
  ConnectBeaconNetwork();
  Sender sender(web_, "beacon0");
  const RepeatedTimer beacons = SendBeacons(&sender);
  EXPECT_TRUE(RunUntilState(Health::kUp));
}

// It is moved out of the namespace and back, which leaves it its index: the
// name looks as if nothing had happened.
TEST_F(BeaconReceiverTest, FindsAnInterfaceThatCameBackWithItsIndex) {
  Listen();
  const unsigned ifindex = if_nametoindex("beacon0");
  const TestNamespace elsewhere;
  lb_.Ip("link set beacon0 netns " + elsewhere.Path());
  ASSERT_EQ(if_nametoindex("beacon0"), 0u);
  elsewhere.Ip("link set beacon0 netns " + lb_.Path());
  ASSERT_EQ(if_nametoindex("beacon0"), ifindex);
  lb_.Ip("link set beacon0 up");
  receiver_->OnLinksChanged();
  Sender sender(web_, "beacon0");
  const RepeatedTimer beacons = SendBeacons(&sender);
  EXPECT_TRUE(RunUntilState(Health::kUp));
}

TEST_F(BeaconReceiverTest, KeepsItsMembershipWhileItsInterfaceIsDown) {
  Listen();
  LogCapture log;
  lb_.Ip("link set beacon0 down");
  receiver_->OnLinksChanged();
  lb_.Ip("link set beacon0 up");
  receiver_->OnLinksChanged();
  EXPECT_THAT(log.Take(), IsEmpty());
  Sender sender(web_, "beacon0");
  const RepeatedTimer beacons = SendBeacons(&sender);
  EXPECT_TRUE(RunUntilState(Health::kUp));
}

// Many more renewals than net.ipv4.igmp_max_memberships (20).
TEST_F(BeaconReceiverTest, ComesBackHoweverOftenItsInterfaceDoes) {
  Listen();
  for (int i = 0; i < 25; ++i) {
    lb_.Ip("link del beacon0");
    ConnectBeaconNetwork();
    receiver_->OnLinksChanged();
  }
  Sender(web_, "beacon0").Send("one");
  EXPECT_TRUE(RunUntil(base_.get(),
                       [&] { return Count(BeaconResult::kMalformed) == 1; }));
}

TEST_F(BeaconReceiverTest, LeavesTheInterfaceToTheRouteWhenNoneIsNamed) {
  lb_.Ip("route add 239.0.0.0/8 dev beacon0");
  Listen("");
  Sender(web_, "beacon0").SendBeacon();
  EXPECT_TRUE(RunUntilState(Health::kUp));
}

TEST_F(BeaconReceiverTest, FollowsTheRouteToAnotherInterfaceInSilence) {
  lb_.Ip("route add 239.0.0.0/8 dev front0");
  Listen("");
  lb_.Ip("route replace 239.0.0.0/8 dev beacon0");
  Sender sender(web_, "beacon0");
  const RepeatedTimer beacons = SendBeacons(&sender);
  EXPECT_TRUE(RunUntilState(Health::kUp));
}

class BeaconReceiverCreateTest : public BeaconReceiverTest {
 protected:
  std::string ErrorOf(const BeaconReceiver::Options& options) {
    const auto receiver =
        BeaconReceiver::Create(base_.get(), options, &filter_, &monitor_);
    return std::string(receiver.status().message());
  }
};

TEST_F(BeaconReceiverCreateTest, NamesWhatIsWrong) {
  EXPECT_EQ(ErrorOf({kBackend, kPort, "beacon0"}),
            "10.0.0.101 is no multicast group; expected one of 224.0.0.0/4");
  EXPECT_EQ(ErrorOf({kGroup, 0, "beacon0"}),
            "beacon port 0; expected 1 to 65535");
  EXPECT_EQ(ErrorOf({kGroup, kPort, "beacon1"}),
            "interface \"beacon1\" does not exist");
  EXPECT_EQ(ErrorOf({kGroup, kPort, ""}),
            "no route to 239.0.0.1; expected one, or "
            "--beacon_interface=INTERFACE");
}

TEST_F(BeaconReceiverCreateTest, NamesThePortThatAnotherHolds) {
  const UniqueFd holder(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(kPort);
  ASSERT_EQ(bind(holder.get(), reinterpret_cast<const sockaddr*>(&address),
                 sizeof(address)),
            0);
  EXPECT_THAT(ErrorOf({kGroup, kPort, "beacon0"}),
              HasSubstr("bind(239.0.0.1:4242): Address already in use"));
}

}  // namespace
}  // namespace l275
