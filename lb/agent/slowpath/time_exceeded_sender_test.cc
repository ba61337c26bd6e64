#include "lb/agent/slowpath/time_exceeded_sender.h"

#include <arpa/inet.h>
#include <glog/logging.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <sys/socket.h>

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "common/os/unique_fd.h"
#include "common/testing/test_namespace.h"

namespace l275 {
namespace {

using Packet = std::vector<uint8_t>;

constexpr int kTos = 0xc0;

// A load balancer with a VIP beside its own address, and a client.
class TimeExceededSenderTest : public ::testing::Test {
 protected:
  TimeExceededSenderTest() {
    host_.Connect("eth1", client_, "c1");
    host_.Ip("addr add 10.0.0.1/24 dev eth1");
    host_.Ip("addr add 10.0.0.200/32 dev eth1");
    client_.Ip("addr add 10.0.0.2/24 dev c1");
    {
      const TestNamespace::Scope inside(client_);
      received_ = UniqueFd(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
      PCHECK(received_);
    }
    auto sender = TimeExceededSender::Create();
    CHECK(sender.ok()) << sender.status();
    sender_ = std::make_unique<TimeExceededSender>(*std::move(sender));
  }

  // An IPv4 packet from the source to the VIP, of so many bytes.
  static Packet From(const char* source, size_t bytes) {
    Packet packet(bytes);
    iphdr ip = {};
    ip.version = 4;
    ip.ihl = 5;
    ip.tot_len = htons(static_cast<uint16_t>(bytes));
    ip.ttl = 1;
    ip.protocol = IPPROTO_TCP;
    ip.saddr = inet_addr(source);
    ip.daddr = inet_addr("10.0.0.200");
    for (size_t i = 0; i < bytes; ++i) packet[i] = static_cast<uint8_t>(i);
    std::memcpy(packet.data(), &ip, sizeof(ip));
    return packet;
  }

  Packet Receive() {
    Packet packet(2000);
    pollfd readable = {received_.get(), POLLIN, 0};
    EXPECT_EQ(poll(&readable, 1, 20'000), 1) << "no answer came";
    const ssize_t bytes =
        recv(received_.get(), packet.data(), packet.size(), MSG_DONTWAIT);
    packet.resize(bytes < 0 ? 0 : static_cast<size_t>(bytes));
    return packet;
  }

  // What it quotes; the rest is right, and the client's kernel has verified it.
  static Packet QuotedIn(const Packet& answer) {
    iphdr ip;
    icmphdr icmp;
    EXPECT_GE(answer.size(), sizeof(ip) + sizeof(icmp));
    if (answer.size() < sizeof(ip) + sizeof(icmp)) return {};
    std::memcpy(&ip, answer.data(), sizeof(ip));
    std::memcpy(&icmp, answer.data() + sizeof(ip), sizeof(icmp));
    EXPECT_EQ(ip.saddr, inet_addr("10.0.0.1")) << "its own, not the VIP";
    EXPECT_EQ(ip.tos, kTos);
    EXPECT_EQ(icmp.type, ICMP_TIME_EXCEEDED);
    EXPECT_EQ(icmp.code, ICMP_EXC_TTL);
    EXPECT_EQ(icmp.un.gateway, 0u);
    return {answer.begin() + sizeof(ip) + sizeof(icmp), answer.end()};
  }

  TestNamespace host_, client_;
  TestNamespace::Scope inside_{host_};
  UniqueFd received_;
  std::unique_ptr<TimeExceededSender> sender_;
};

TEST_F(TimeExceededSenderTest, QuotesThePacket) {
  const Packet packet = From("10.0.0.2", 40);
  ASSERT_TRUE(sender_->Answer(packet).ok());
  EXPECT_EQ(QuotedIn(Receive()), packet);
}

TEST_F(TimeExceededSenderTest, QuotesNoPadding) {
  const Packet packet = From("10.0.0.2", 41);
  Packet frame = packet;
  frame.resize(46);
  ASSERT_TRUE(sender_->Answer(frame).ok());
  EXPECT_EQ(QuotedIn(Receive()), packet);
}

TEST_F(TimeExceededSenderTest, QuotesAsMuchAsEveryHostTakes) {
  const Packet packet = From("10.0.0.2", 1500);
  ASSERT_TRUE(sender_->Answer(packet).ok());
  const Packet answer = Receive();
  EXPECT_EQ(answer.size(), 576u);
  EXPECT_EQ(QuotedIn(answer), Packet(packet.begin(), packet.begin() + 548));
}

TEST_F(TimeExceededSenderTest, SaysWhomItCannotAnswer) {
  const absl::Status no_route = sender_->Answer(From("203.0.113.1", 40));
  EXPECT_EQ(
      std::string(no_route.message()),
      "sending ICMP time exceeded to 203.0.113.1: Network is unreachable");
  EXPECT_FALSE(sender_->Answer(From("10.0.0.255", 40)).ok()) << "broadcast";
  EXPECT_TRUE(absl::IsInvalidArgument(sender_->Answer(Packet(19))));
}

}  // namespace
}  // namespace l275
