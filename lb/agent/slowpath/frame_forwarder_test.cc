#include "lb/agent/slowpath/frame_forwarder.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/ip.h>
#include <net/if.h>
#include <sys/socket.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "common/os/unique_fd.h"
#include "common/testing/log_capture.h"
#include "common/testing/run_until.h"
#include "common/testing/test_namespace.h"

namespace l275 {
namespace {

using std::chrono::milliseconds;
using Frame = std::vector<uint8_t>;

constexpr size_t kNumberOffset = sizeof(ethhdr);

Ipv4Address Address(absl::string_view text) {
  return *Ipv4Address::Parse(text);
}

// A load balancer, and a peer with the backend 10.0.0.2 that answers ARP only
// when it is told to; what the peer receives.
class FrameForwarderTest : public ::testing::Test {
 protected:
  FrameForwarderTest() {
    host_.Connect("eth1", peer_, "p1");
    host_.Ip("addr add 10.0.0.1/24 dev eth1");
    host_.SetSysctl("ipv4/neigh/eth1/retrans_time_ms", "10");
    host_.SetSysctl("ipv4/neigh/eth1/mcast_solicit", "1");
    peer_.Ip("addr add 10.0.0.2/24 dev p1");
    Answer(false);
    Listen();
    auto monitor =
        NextHopMonitor::Create(base_.get(), [this] { forwarder_->Release(); });
    CHECK(monitor.ok()) << monitor.status();
    monitor_ = *std::move(monitor);
    WaitingFrames::Limits limits;
    limits.age = milliseconds(3000);
    auto sender = FrameSender::Create();
    CHECK(sender.ok()) << sender.status();
    auto time_exceeded = TimeExceededSender::Create();
    CHECK(time_exceeded.ok()) << time_exceeded.status();
    forwarder_ = std::make_unique<FrameForwarder>(
        base_.get(), monitor_.get(), *std::move(sender),
        *std::move(time_exceeded), limits,
        FrameForwarder::Callbacks{
            [this](absl::Span<const uint8_t> frame) {
              taken_.push_back(frame[kNumberOffset]);
            },
            [this](Ipv4Address backend, absl::Span<const uint8_t> frame) {
              EXPECT_EQ(backend, kBackend);
              counted_.push_back(frame[kNumberOffset]);
            }});
    CHECK(RunUntil(base_.get(), [this] {
      return monitor_->links().at(if_nametoindex("eth1")).up;
    }));
    monitor_->SetTargets({kBackend, kNoRoute});
  }

  void Answer(bool answer) {
    peer_.SetSysctl("ipv4/conf/p1/arp_ignore", answer ? "0" : "8");
  }

  void Listen() {
    const TestNamespace::Scope inside(peer_);
    received_ =
        UniqueFd(socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, htons(ETH_P_IP)));
    PCHECK(received_);
  }

  // As the program hands it over; the number is where an IP packet would be.
  static Frame Tagged(Ipv4Address backend, uint8_t number) {
    Frame frame(60);
    const uint32_t address = backend.ToNetwork();
    frame[0] = 0x02;
    frame[1] = 0x75;
    memcpy(&frame[2], &address, sizeof(address));
    frame[12] = ETH_P_IP >> 8;
    frame[13] = ETH_P_IP & 0xff;
    frame[kNumberOffset] = number;
    return frame;
  }

  void Handle(Ipv4Address backend, uint8_t number) {
    Frame frame = Tagged(backend, number);
    forwarder_->Handle(absl::MakeSpan(frame));
  }

  // The numbers of the frames that have arrived, with the right addresses.
  std::vector<int> Arrived() {
    std::vector<int> numbers;
    Frame frame(2000);
    while (recv(received_.get(), frame.data(), frame.size(), 0) > 0) {
      const MacAddress to = peer_.MacOf("p1"), from = host_.MacOf("eth1");
      EXPECT_TRUE(std::equal(to.begin(), to.end(), frame.begin()));
      EXPECT_TRUE(std::equal(from.begin(), from.end(), frame.begin() + 6));
      numbers.push_back(frame[kNumberOffset]);
    }
    return numbers;
  }

  uint64_t Dropped(SlowPathDrop reason) {
    return forwarder_->counters().dropped.Of(reason);
  }
  bool RunUntilWaiting(size_t frames) {
    return RunUntil(base_.get(),
                    [&] { return forwarder_->waiting().size() == frames; });
  }

  static constexpr Ipv4Address kBackend = Ipv4Address::FromHost(0x0a000002);
  static constexpr Ipv4Address kNoRoute = Ipv4Address::FromHost(0xcb007101);

  TestNamespace host_, peer_;
  TestNamespace::Scope inside_{host_};
  EventBasePtr base_{event_base_new()};
  UniqueFd received_;
  std::vector<int> taken_, counted_;  // the numbers of those that were sent
  std::unique_ptr<NextHopMonitor> monitor_;
  std::unique_ptr<FrameForwarder> forwarder_;
};

TEST_F(FrameForwarderTest, SendsAtOnceWhereTheNextHopIsKnown) {
  Answer(true);
  Handle(kBackend, 1);  // has the kernel ask, and is sent when it knows
  ASSERT_TRUE(RunUntilWaiting(0));
  Handle(kBackend, 2);
  EXPECT_EQ(forwarder_->waiting().size(), 0u);
  EXPECT_EQ(Arrived(), (std::vector<int>{1, 2}));
  EXPECT_EQ(counted_, (std::vector<int>{1, 2}));
  EXPECT_EQ(forwarder_->counters().sent, 2u);
}

TEST_F(FrameForwarderTest, FramesWaitAndAreSentInTheirOrder) {
  for (uint8_t number = 1; number <= 5; ++number) Handle(kBackend, number);
  EXPECT_EQ(forwarder_->waiting().SizeOf(kBackend), 5u);
  EXPECT_EQ(Arrived(), std::vector<int>());
  EXPECT_EQ(counted_, std::vector<int>());
  Answer(true);
  ASSERT_TRUE(RunUntilWaiting(0));
  EXPECT_EQ(Arrived(), (std::vector<int>{1, 2, 3, 4, 5}));
  EXPECT_EQ(forwarder_->counters().sent, 5u);
  EXPECT_EQ(counted_, (std::vector<int>{1, 2, 3, 4, 5}));
}

TEST_F(FrameForwarderTest, DropsWhatWaitsForTooLong) {
  Handle(kBackend, 1);
  Handle(kBackend, 2);
  ASSERT_TRUE(RunUntilWaiting(0));
  EXPECT_EQ(Dropped(SlowPathDrop::kExpired), 2u);
  EXPECT_EQ(taken_, (std::vector<int>{1, 2}));
  EXPECT_EQ(counted_, std::vector<int>());
  EXPECT_EQ(forwarder_->counters().sent, 0u);
}

TEST_F(FrameForwarderTest, DropsWhatHasNoRoute) {
  Handle(kNoRoute, 1);
  EXPECT_EQ(Dropped(SlowPathDrop::kNoRoute), 1u);
  EXPECT_EQ(forwarder_->waiting().size(), 0u);
}

TEST_F(FrameForwarderTest, DropsWhatWaitsWhenItsRouteGoes) {
  Handle(kBackend, 1);
  host_.Ip("link set eth1 down");
  ASSERT_TRUE(RunUntilWaiting(0));
  EXPECT_EQ(Dropped(SlowPathDrop::kNoRoute), 1u);
}

TEST_F(FrameForwarderTest, DropsWhatWaitsForABackendThatIsRemoved) {
  Handle(kBackend, 1);
  monitor_->SetTargets({kNoRoute});
  forwarder_->Release();
  EXPECT_EQ(forwarder_->waiting().size(), 0u);
  EXPECT_EQ(Dropped(SlowPathDrop::kNoBackend), 1u);
}

TEST_F(FrameForwarderTest, DropsWhatIsForNoBackend) {
  Handle(Address("10.0.0.3"), 1);
  Frame untagged(60);
  forwarder_->Handle(absl::MakeSpan(untagged));
  Frame cut = Tagged(kBackend, 1);
  cut.resize(13);
  forwarder_->Handle(absl::MakeSpan(cut));
  EXPECT_EQ(Dropped(SlowPathDrop::kNoBackend), 3u);
}

// Whether its source is a backend makes no difference.
TEST_F(FrameForwarderTest, AnswersWhatThePrefixOfTheTagSays) {
  Frame frame = Tagged(Address("0.0.0.0"), 0);
  frame[1] = 0x76;
  iphdr ip = {};
  ip.version = 4;
  ip.ihl = 5;
  ip.tot_len = htons(40);
  ip.saddr = kBackend.ToNetwork();
  memcpy(&frame[sizeof(ethhdr)], &ip, sizeof(ip));
  forwarder_->Handle(absl::MakeSpan(frame));
  EXPECT_EQ(forwarder_->counters().answered, 1u);
  EXPECT_EQ(forwarder_->counters().sent, 0u);

  ip.saddr = kNoRoute.ToNetwork();
  memcpy(&frame[sizeof(ethhdr)], &ip, sizeof(ip));
  forwarder_->Handle(absl::MakeSpan(frame));
  EXPECT_EQ(Dropped(SlowPathDrop::kSendFailed), 1u);
  EXPECT_EQ(forwarder_->counters().answered, 1u);
}

TEST_F(FrameForwarderTest, CountsWhatTheInterfaceDoesNotTake) {
  Answer(true);
  Handle(kBackend, 1);
  ASSERT_TRUE(RunUntilWaiting(0));
  Frame giant = Tagged(kBackend, 2);
  giant.resize(3000);  // the MTU is 1500
  forwarder_->Handle(absl::MakeSpan(giant));
  EXPECT_EQ(Dropped(SlowPathDrop::kSendFailed), 1u);
  EXPECT_EQ(forwarder_->counters().sent, 1u);
}

TEST_F(FrameForwarderTest, FramesThatCannotBeSentDoNotFillTheLog) {
  Answer(true);
  Handle(kBackend, 1);
  ASSERT_TRUE(RunUntilWaiting(0));
  LogCapture log;
  for (uint8_t i = 0; i < 100; ++i) {
    Frame giant = Tagged(kBackend, i);
    giant.resize(3000);  // the MTU is 1500
    forwarder_->Handle(absl::MakeSpan(giant));
  }
  EXPECT_EQ(Dropped(SlowPathDrop::kSendFailed), 100u);
  EXPECT_EQ(log.Take().size(), 10u);
}

}  // namespace
}  // namespace l275
